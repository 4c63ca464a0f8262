variable "name" {
  description = "Name of the role."
  type        = string
}

variable "oidc_provider_arn" {
  description = "ARN of the account's OpenID Connect provider for GitHub Actions."
  type        = string
}

variable "owner" {
  description = "Owner of the repository: user or organisation."
  type        = string
}

variable "owner_id" {
  description = "Numeric id of the owner, for the immutable subject."
  type        = number
}

variable "repository" {
  description = "Name of the repository, without its owner."
  type        = string
}

variable "repository_id" {
  description = "Numeric id of the repository, for the immutable subject."
  type        = number
}

variable "environment" {
  description = "GitHub environment whose jobs may assume the role."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+$", var.environment))
    error_message = "Name one environment, without wildcards."
  }
}

variable "policies" {
  description = "Inline policies of the role: name to JSON document."
  type        = map(string)
}
