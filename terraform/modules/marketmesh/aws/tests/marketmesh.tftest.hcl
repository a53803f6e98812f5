mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
}

variables {
  name                      = "marketmesh-test"
  cluster_name              = "marketmesh-test"
  domain                    = "mesh.example.com"
  pod_identity_trust_policy = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
  kms_key_arn               = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
}

run "holds_what_the_release_needs" {
  command = plan

  variables {
    image_publishers = {
      oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/ci.example.com"
      subjects          = ["repo:example/marketmesh:ref:refs/heads/main"]
    }
  }

  assert {
    condition     = length(aws_ecr_repository.this) == 8 && aws_ecr_repository.this["charts/marketmesh"].name == "marketmesh-test/charts/marketmesh" && alltrue([for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE" && repository.image_scanning_configuration[0].scan_on_push])
    error_message = "A repository for each service, the client and the chart, whose tags can't be moved and whose images are scanned."
  }

  assert {
    condition     = alltrue([for block in aws_s3_bucket_public_access_block.this : block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets])
    error_message = "No bucket is public."
  }

  assert {
    condition     = alltrue([for bucket in aws_s3_bucket.this : bucket.force_destroy == false]) && alltrue([for versioning in aws_s3_bucket_versioning.this : versioning.versioning_configuration[0].status == "Enabled"])
    error_message = "Buckets keep old versions and are not deleted with what they hold."
  }

  assert {
    condition     = aws_secretsmanager_secret.service["identity"].name == "marketmesh-test/identity" && aws_secretsmanager_secret.service["identity"].recovery_window_in_days == 30
    error_message = "A secret for each service, recoverable for 30 days."
  }

  assert {
    condition     = aws_eks_pod_identity_association.this["backup"].service_account == "marketmesh-postgres" && length(aws_iam_role.publisher) == 1
    error_message = "The chart's Postgres writes backups; who is named pushes images."
  }
}

run "refuses_what_would_be_unsafe" {
  command = plan

  variables {
    domain                = "Mesh"
    backup_retention_days = 1
    services              = ["No Name"]
    image_publishers = {
      oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/ci.example.com"
      subjects          = ["repo:*"]
    }
  }

  expect_failures = [var.domain, var.backup_retention_days, var.services, var.image_publishers]
}
