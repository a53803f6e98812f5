locals {
  alarms = var.alarms == null ? {} : {
    cpu         = { metric = "cloudsql.googleapis.com/database/cpu/utilization", threshold = 0.8, says = "CPU over 80 % for 15 minutes" }
    storage     = { metric = "cloudsql.googleapis.com/database/disk/utilization", threshold = 0.9, says = "Nine tenths of the storage are used: has growth reached its end?" }
    connections = { metric = "cloudsql.googleapis.com/database/postgresql/num_backends", threshold = floor(local.max_connections * 0.9), says = "Nine tenths of max_connections are in use" }
    replica-lag = { metric = "cloudsql.googleapis.com/database/replication/replica_lag", threshold = 30, says = "A replica is more than 30 s behind" }
  }
}

resource "google_monitoring_alert_policy" "this" {
  for_each = local.alarms

  project               = var.project
  display_name          = "${var.name}-${each.key}"
  combiner              = "OR"
  notification_channels = var.alarms.channels

  documentation {
    content   = each.value.says
    mime_type = "text/markdown"
  }

  conditions {
    display_name = each.value.says

    condition_threshold {
      filter          = "metric.type = \"${each.value.metric}\" AND resource.type = \"cloudsql_database\" AND resource.labels.database_id = starts_with(\"${var.project}:${var.name}\")"
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = "900s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_MEAN"
        cross_series_reducer = each.key == "connections" ? "REDUCE_SUM" : "REDUCE_NONE"
        group_by_fields      = each.key == "connections" ? ["resource.label.database_id"] : []
      }
    }
  }
}
