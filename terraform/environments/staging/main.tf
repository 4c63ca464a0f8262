# Staging of one model's repository: its images, its bundles, and the role that may push both.

resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

module "images" {
  source = "../../modules/image-registry"

  name = "${var.model}-staging"
}

module "bundles" {
  source = "../../modules/model-bucket"

  name = var.bucket
}

module "push_role" {
  source = "../../modules/github-oidc-role"

  name              = "${var.model}-staging-push"
  oidc_provider_arn = aws_iam_openid_connect_provider.github.arn
  owner             = var.owner
  owner_id          = var.owner_id
  repository        = var.repository
  repository_id     = var.repository_id
  environment       = "staging"
  policies = {
    images  = module.images.push_policy
    bundles = module.bundles.write_policy
  }
}
