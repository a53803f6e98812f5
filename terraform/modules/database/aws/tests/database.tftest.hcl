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
  network_id                = "vpc-1"
  subnet_ids                = ["subnet-a", "subnet-b", "subnet-c"]
  client_security_group_ids = { nodes = "sg-nodes" }
  machine_type              = "db.m7g.large"
  service_replicas_max      = 4
  read_replicas             = 1
  kms_key_arn               = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  alarms                    = { topic_arn = "arn:aws:sns:eu-central-1:123456789012:alarms" }
}

run "survives_a_zone_and_a_mistake" {
  command = plan

  assert {
    condition     = aws_db_instance.primary.multi_az && aws_db_instance.primary.deletion_protection && !aws_db_instance.primary.skip_final_snapshot
    error_message = "A standby, deletion protection and a last snapshot by default."
  }

  assert {
    condition     = aws_db_instance.primary.backup_retention_period == 14 && !aws_db_instance.primary.delete_automated_backups
    error_message = "Restorable to any second of 14 days, also after a deletion."
  }

  assert {
    condition     = aws_db_instance.primary.max_allocated_storage > aws_db_instance.primary.allocated_storage
    error_message = "Storage grows by itself."
  }

  assert {
    condition     = aws_db_instance.primary.manage_master_user_password && aws_db_instance.primary.password == null && aws_db_instance.primary.iam_database_authentication_enabled
    error_message = "No password is made by Terraform; people log in by IAM."
  }

  assert {
    condition     = aws_db_instance.primary.storage_encrypted && !aws_db_instance.primary.publicly_accessible
    error_message = "Encrypted and not reachable from the internet."
  }

  assert {
    condition     = anytrue([for parameter in aws_db_parameter_group.this.parameter : parameter.name == "rds.force_ssl" && parameter.value == "1"])
    error_message = "TLS is forced."
  }

  # 90 connections a replica, four replicas and one that is rolled, at most 80 % of the server's.
  assert {
    condition     = output.max_connections == 563 && anytrue([for parameter in aws_db_parameter_group.this.parameter : parameter.name == "max_connections" && parameter.value == "563"])
    error_message = "max_connections must have room for the pools."
  }

  assert {
    condition     = length(aws_db_instance.replica) == 1 && length(aws_cloudwatch_metric_alarm.this) == 7 && contains(keys(aws_cloudwatch_metric_alarm.this), "replica-1-ReplicaLag") && !contains(keys(aws_cloudwatch_metric_alarm.this), "primary-ReplicaLag")
    error_message = "CPU, storage and connections are watched, and a replica's lag."
  }
}

run "refuses_what_would_lose_data" {
  command = plan

  variables {
    backup_retention_days = 1
    storage_max_gib       = 100
    postgres_version      = 14
    service_replicas_max  = 0
    subnet_ids            = ["subnet-a"]
  }

  expect_failures = [var.backup_retention_days, var.storage_max_gib, var.postgres_version, var.service_replicas_max, var.subnet_ids]
}
