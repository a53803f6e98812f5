data "aws_region" "current" {}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

resource "aws_cloudwatch_log_group" "services" {
  name              = "/marketmesh/${var.name}/services"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_cloudwatch_log_group" "prometheus" {
  # The service insists on this prefix.
  name              = "/aws/vendedlogs/${var.name}/prometheus"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# Metrics: the service keeps them 150 days.
resource "aws_prometheus_workspace" "this" {
  alias       = var.name
  kms_key_arn = var.kms_key_arn

  logging_configuration {
    log_group_arn = "${aws_cloudwatch_log_group.prometheus.arn}:*"
  }
}

resource "aws_prometheus_rule_group_namespace" "this" {
  for_each = var.rules

  name         = each.key
  workspace_id = aws_prometheus_workspace.this.id
  data         = each.value
}

# One topic; a page and a ticket differ by the label `severity`, which travels as a message attribute.
resource "aws_prometheus_alert_manager_definition" "this" {
  workspace_id = aws_prometheus_workspace.this.id
  definition = yamlencode({
    alertmanager_config = yamlencode({
      route = {
        receiver        = "tickets"
        group_by        = ["alertname", "job"]
        group_wait      = "30s"
        group_interval  = "5m"
        repeat_interval = "12h"
        routes = [
          { receiver = "pages", matchers = ["severity=\"page\""], repeat_interval = "1h" },
        ]
      }
      receivers = [
        for severity in ["page", "ticket"] : {
          name = "${severity}s"
          sns_configs = [{
            topic_arn     = aws_sns_topic.alarms.arn
            sigv4         = { region = data.aws_region.current.name }
            send_resolved = true
            attributes    = { severity = severity }
          }]
        }
      ]
    })
  })
}
