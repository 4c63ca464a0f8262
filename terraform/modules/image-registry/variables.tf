variable "name" {
  description = "Name of the image repository."
  type        = string
}

variable "untagged_days" {
  description = "Days after which untagged images are removed."
  type        = number
  default     = 14
}
