output "name" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.bucket
}

output "write_policy" {
  description = "Policy document that allows reading and writing bundles."
  value       = data.aws_iam_policy_document.write.json
}
