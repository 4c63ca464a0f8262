# A role for one repository and one GitHub environment; no wildcard in the subject, so no branch or fork can assume it.

locals {
  issuer = "token.actions.githubusercontent.com"
  subjects = [
    "repo:${var.owner}/${var.repository}:environment:${var.environment}",
    "repo:${var.owner}@${var.owner_id}/${var.repository}@${var.repository_id}:environment:${var.environment}",
  ]
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [var.oidc_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = local.subjects
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = var.name
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "this" {
  for_each = var.policies

  name   = each.key
  role   = aws_iam_role.this.id
  policy = each.value
}
