output "max_connections" {
  description = "Connections that the server allows."
  value       = local.max_connections
}

output "chart_values" {
  description = "The chart's `postgres` block: the chart makes the cluster, this module what it needs."
  value = {
    enabled        = true
    instances      = var.instances
    maxConnections = local.max_connections
    memory         = "${var.memory_gib}Gi"
    storage        = { size = "${var.storage_gib}Gi", className = var.storage_class_name }
    walStorage     = { size = "${max(10, floor(var.storage_gib / 4))}Gi", className = var.storage_class_name }
    parameters = {
      shared_buffers       = "${floor(var.memory_gib * 1024 / 4)}MB"
      effective_cache_size = "${floor(var.memory_gib * 1024 * 3 / 4)}MB"
      random_page_cost     = "1.1"
    }
    backup = var.backup == null ? { enabled = false, destinationPath = "", retention = "30d" } : {
      enabled         = true
      destinationPath = var.backup.destination
      retention       = "${var.backup.retention_days}d"
    }
  }
  depends_on = [helm_release.operator, helm_release.backup]
}
