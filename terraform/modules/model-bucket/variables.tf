variable "name" {
  description = "Name of the bucket, unique in the world."
  type        = string
}
