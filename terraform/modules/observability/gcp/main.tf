# Logs of the mesh, in a bucket with a stated end. The project's own bucket leaves them out, so that they are paid once.
resource "google_logging_project_bucket_config" "services" {
  project          = var.project
  location         = var.region
  bucket_id        = var.name
  retention_days   = var.log_retention_days
  enable_analytics = true
}

locals {
  services_filter = "resource.type=\"k8s_container\" AND resource.labels.cluster_name=\"${var.name}\" AND resource.labels.namespace_name=\"${var.application_namespace}\""
  collector       = "${var.workload_principal_prefix}/ns/${var.namespace}/sa/${var.collector_service_account}"
}

resource "google_logging_project_sink" "services" {
  project                = var.project
  name                   = "${var.name}-services"
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.services.id}"
  filter                 = local.services_filter
  unique_writer_identity = true
}

resource "google_logging_project_exclusion" "services" {
  project     = var.project
  name        = "${var.name}-services"
  description = "Kept in the bucket ${var.name}"
  filter      = local.services_filter

  depends_on = [google_logging_project_sink.services]
}

# The collector's pods, and no key: writing traces is all that they may do.
resource "google_project_iam_member" "collector" {
  project = var.project
  role    = "roles/cloudtrace.agent"
  member  = local.collector
}

resource "google_monitoring_notification_channel" "this" {
  for_each = var.notify

  project      = var.project
  display_name = "${var.name}-${each.key}"
  type         = "email"
  labels       = { email_address = each.value.endpoint }
}
