output "notification_channels" {
  description = "Channels of all alarms."
  value       = concat(var.notification_channels, [for channel in google_monitoring_notification_channel.this : channel.id])
}

output "telemetry" {
  description = "What `modules/observability/stack` is told: where traces go, and that rules are evaluated in the cluster. Logs are taken from standard output by GKE itself."
  value = {
    namespace                  = var.namespace
    collector_service_account  = var.collector_service_account
    prometheus_service_account = "prometheus"
    rules_in_cluster           = true
    exporters                  = { "googlecloud" = { project = var.project } }
    pipelines                  = { traces = "googlecloud" }
    remote_write               = []
  }
}
