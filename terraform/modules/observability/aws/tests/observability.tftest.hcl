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
  pod_identity_trust_policy = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
  kms_key_arn               = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  rules                     = { events = "groups: []" }
  notify                    = { pager = { protocol = "https", endpoint = "https://pager.example.com/key" } }
}

override_resource {
  target = aws_sns_topic.alarms
  values = { arn = "arn:aws:sns:eu-central-1:123456789012:alarms" }
}

override_resource {
  target = aws_cloudwatch_log_group.prometheus
  values = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mock" }
}

run "pages_and_tickets_go_their_ways" {
  command = apply

  assert {
    condition     = [for receiver in yamldecode(yamldecode(aws_prometheus_alert_manager_definition.this.definition).alertmanager_config).receivers : receiver.name] == ["pages", "tickets"]
    error_message = "Alerts of severity page and ticket have receivers of their own."
  }

  assert {
    condition     = yamldecode(yamldecode(aws_prometheus_alert_manager_definition.this.definition).alertmanager_config).route.routes[0].matchers == ["severity=\"page\""]
    error_message = "What says severity: page pages."
  }

  assert {
    condition     = aws_prometheus_rule_group_namespace.this["events"].data == "groups: []" && !output.telemetry.rules_in_cluster
    error_message = "Rules are evaluated once: by the managed Prometheus."
  }
}

run "refuses_what_is_unknown" {
  command = plan

  variables {
    log_retention_days = 31
    notify             = { pager = { protocol = "sms", endpoint = "1" } }
  }

  expect_failures = [var.log_retention_days, var.notify]
}
