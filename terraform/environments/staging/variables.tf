variable "model" {
  description = "Id of the model, as in mlops.yaml."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket for bundles, unique in the world."
  type        = string
}

variable "owner" {
  description = "Owner of the repository."
  type        = string
}

variable "owner_id" {
  description = "Numeric id of the owner."
  type        = number
}

variable "repository" {
  description = "Name of the repository, without its owner."
  type        = string
}

variable "repository_id" {
  description = "Numeric id of the repository."
  type        = number
}
