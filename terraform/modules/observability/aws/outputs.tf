output "alarm_topic_arn" {
  description = "Topic of all alarms."
  value       = aws_sns_topic.alarms.arn
}

output "collector" {
  description = "What the collector in the cluster is told: who it is, and where telemetry goes (`modules/observability/collector`)."
  value = {
    namespace       = var.namespace
    service_account = var.collector_service_account
    annotations     = {}
    exporters = {
      "prometheusremotewrite" = {
        endpoint = "${aws_prometheus_workspace.this.prometheus_endpoint}api/v1/remote_write"
        auth     = { authenticator = "sigv4auth" }
      }
      "awscloudwatchlogs" = {
        region          = data.aws_region.current.name
        log_group_name  = aws_cloudwatch_log_group.services.name
        log_stream_name = "collector"
      }
      "awsxray" = { region = data.aws_region.current.name }
    }
    extensions = {
      sigv4auth = { region = data.aws_region.current.name, service = "aps" }
    }
    pipelines = { metrics = "prometheusremotewrite", logs = "awscloudwatchlogs", traces = "awsxray" }
  }
}

output "prometheus_query_url" {
  description = "Where Grafana asks for metrics (SigV4, service `aps`)."
  value       = aws_prometheus_workspace.this.prometheus_endpoint
}
