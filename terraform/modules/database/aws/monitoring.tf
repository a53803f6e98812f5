data "aws_partition" "current" {}

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "monitoring_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_iam_role" "monitoring" {
  name               = "${var.name}-rds-monitoring"
  assume_role_policy = data.aws_iam_policy_document.monitoring_trust.json
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

# RDS writes to groups of these names; made here, they have an end.
resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["postgresql", "upgrade", "iam-db-auth-error"])

  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = 30
  kms_key_id        = var.kms_key_arn
}

locals {
  instances = merge(
    { primary = var.name },
    { for index in range(var.read_replicas) : "replica-${index + 1}" => "${var.name}-replica-${index + 1}" },
  )
  thresholds = {
    CPUUtilization      = { comparison = "GreaterThanThreshold", threshold = 80, on = keys(local.instances), says = "CPU over 80 % for 15 minutes" }
    FreeStorageSpace    = { comparison = "LessThanThreshold", threshold = var.storage_gib * 0.1 * 1073741824, on = keys(local.instances), says = "Less than a tenth of the initial storage is free: has growth reached its end?" }
    DatabaseConnections = { comparison = "GreaterThanThreshold", threshold = floor(local.max_connections * 0.9), on = keys(local.instances), says = "Nine tenths of max_connections are in use" }
    ReplicaLag          = { comparison = "GreaterThanThreshold", threshold = 30, on = setsubtract(keys(local.instances), ["primary"]), says = "The replica is more than 30 s behind" }
  }
  alarms = var.alarms == null ? {} : merge([
    for metric, threshold in local.thresholds : {
      for instance in threshold.on : "${instance}-${metric}" => merge(threshold, { metric = metric, instance = local.instances[instance] })
    }
  ]...)
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.says
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = { DBInstanceIdentifier = each.value.instance }
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = "breaching"
  alarm_actions       = [var.alarms.topic_arn]
  ok_actions          = [var.alarms.topic_arn]
}

# People and jobs connect by IAM as a role that Postgres knows, and as no other.
data "aws_iam_policy_document" "connect" {
  statement {
    actions   = ["rds-db:connect"]
    resources = ["arn:${data.aws_partition.current.partition}:rds-db:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:dbuser:${aws_db_instance.primary.resource_id}/marketmesh_operator"]
  }
}

resource "aws_iam_policy" "connect" {
  name        = "${var.name}-database-connect"
  description = "Connect to ${var.name} as marketmesh_operator, by a token of 15 minutes"
  policy      = data.aws_iam_policy_document.connect.json
}
