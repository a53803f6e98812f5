output "alarm_topic_arn" {
  description = "Topic of all alarms."
  value       = aws_sns_topic.alarms.arn
}

output "telemetry" {
  description = "What `modules/observability/stack` is told: where traces, logs and metrics go, and that rules are evaluated by the managed Prometheus."
  value = {
    namespace                  = var.namespace
    collector_service_account  = var.collector_service_account
    prometheus_service_account = var.prometheus_service_account
    rules_in_cluster           = false
    exporters = {
      "awscloudwatchlogs" = {
        region          = data.aws_region.current.name
        log_group_name  = aws_cloudwatch_log_group.services.name
        log_stream_name = "services"
      }
      "awsxray" = { region = data.aws_region.current.name }
    }
    pipelines = { logs = "awscloudwatchlogs", traces = "awsxray" }
    remote_write = [{
      url   = "${aws_prometheus_workspace.this.prometheus_endpoint}api/v1/remote_write"
      sigv4 = { region = data.aws_region.current.name }
    }]
  }
}

output "prometheus_query_url" {
  description = "Where Grafana asks for metrics (SigV4, service `aps`)."
  value       = aws_prometheus_workspace.this.prometheus_endpoint
}
