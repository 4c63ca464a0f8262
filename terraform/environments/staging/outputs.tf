output "role_arn" {
  description = "Role for the workflow's configure-credentials step."
  value       = module.push_role.arn
}

output "repository" {
  description = "Value for build_push.repository."
  value       = module.images.url
}

output "bucket" {
  description = "Bucket for bundles."
  value       = module.bundles.name
}
