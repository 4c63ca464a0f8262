output "arn" {
  description = "ARN to give to the workflow."
  value       = aws_iam_role.this.arn
}

output "subjects" {
  description = "The two subjects that may assume the role."
  value       = local.subjects
}
