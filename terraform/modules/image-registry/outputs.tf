output "url" {
  description = "Value for build_push.repository."
  value       = aws_ecr_repository.this.repository_url
}

output "push_policy" {
  description = "Policy document that allows a push to this repository."
  value       = data.aws_iam_policy_document.push.json
}
