terraform {
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # bucket, key, region and kms_key_id come from `-backend-config`: they differ by environment. The lock is a file beside the state.
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      "marketmesh:environment" = var.environment
      "managed-by"             = "terraform"
    }
  }
}
