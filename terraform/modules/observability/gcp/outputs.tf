output "notification_channels" {
  description = "Channels of all alarms."
  value       = concat(var.notification_channels, [for channel in google_monitoring_notification_channel.this : channel.id])
}

output "collector" {
  description = "What the collector in the cluster is told: who it is, and where telemetry goes (`modules/observability/collector`)."
  value = {
    namespace       = var.namespace
    service_account = var.collector_service_account
    annotations     = {}
    exporters = {
      "googlemanagedprometheus" = { project = var.project }
      "googlecloud"             = { project = var.project, log = { default_log_name = "marketmesh" } }
    }
    extensions = {}
    pipelines  = { metrics = "googlemanagedprometheus", logs = "googlecloud", traces = "googlecloud" }
  }
}
