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
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/mock" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mock" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mock" }
  }
  mock_resource "aws_route53_zone" {
    defaults = { arn = "arn:aws:route53:::hostedzone/MOCK", zone_id = "MOCK" }
  }
}

variables {
  environment    = "test"
  account_id     = "123456789012"
  region         = "eu-central-1"
  domain         = "mesh.example.com"
  administrators = { platform = "arn:aws:iam::123456789012:role/platform" }
}

# Applied, against the mock: what one module gives fits what the next one takes.
run "standard_comes_up" {
  command = apply

  assert {
    condition     = module.database[0].max_connections == 563 && length(output.database_replica_hosts) == 1
    error_message = "Four replicas of each service fit, and reads have a replica."
  }

  assert {
    condition     = output.workloads.secrets.key_prefix == "marketmesh-test" && output.secrets["identity"] == "marketmesh-test/identity"
    error_message = "Secrets are named as the chart asks for them: <prefix>/<service>."
  }

  assert {
    condition     = length(output.egress_addresses) == 3
    error_message = "A way out per zone."
  }
}

run "small_with_postgres_in_the_cluster" {
  command = plan

  variables {
    size     = "small"
    database = "cloudnativepg"
  }

  assert {
    condition     = output.database_host == null && length(module.database) == 0
    error_message = "With CloudNativePG there is no RDS instance."
  }

  assert {
    condition     = length(output.egress_addresses) == 1 && output.workloads.replicas_max == 2
    error_message = "A small environment has one way out and two replicas of each service at most."
  }
}

run "refuses_what_is_no_environment" {
  command = plan

  variables {
    environment    = "Prod!"
    account_id     = "1"
    region         = "europe"
    size           = "huge"
    zones          = ["a"]
    administrators = {}
  }

  expect_failures = [var.environment, var.account_id, var.region, var.size, var.zones, var.administrators]
}
