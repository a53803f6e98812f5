# Pods are IAM principals by namespace and service account: no service account of Google's in between, and no key. The services
# themselves need nothing from Google Cloud.
locals {
  principals = {
    external-secrets = "${var.workload_principal_prefix}/ns/external-secrets/sa/external-secrets"
    cert-manager     = "${var.workload_principal_prefix}/ns/cert-manager/sa/cert-manager"
    external-dns     = "${var.workload_principal_prefix}/ns/external-dns/sa/external-dns"
    backup           = "${var.workload_principal_prefix}/ns/${var.namespace}/sa/${var.release}-postgres"
  }
}

resource "google_secret_manager_secret_iam_member" "external_secrets" {
  for_each = google_secret_manager_secret.service

  project   = var.project
  secret_id = each.value.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.principals["external-secrets"]
}

# Cloud DNS grants by zone. Finding the zone is a right on the project, so it is a role of its own that can do nothing else.
resource "google_dns_managed_zone_iam_member" "records" {
  for_each = toset(["cert-manager", "external-dns"])

  project      = var.project
  managed_zone = google_dns_managed_zone.this.name
  role         = "roles/dns.admin"
  member       = local.principals[each.key]
}

resource "google_project_iam_custom_role" "find_zones" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_find_zones"
  title       = "Find DNS zones (${var.name})"
  description = "List the project's zones and follow changes of records"
  permissions = ["dns.managedZones.list", "dns.managedZones.get"]
}

resource "google_project_iam_member" "find_zones" {
  for_each = toset(["cert-manager", "external-dns"])

  project = var.project
  role    = google_project_iam_custom_role.find_zones.id
  member  = local.principals[each.key]
}

resource "google_storage_bucket_iam_member" "backup" {
  bucket = google_storage_bucket.this["backups"].name
  role   = "roles/storage.objectUser"
  member = local.principals["backup"]
}

# barman looks whether the bucket is there, which objectUser may not.
resource "google_storage_bucket_iam_member" "backup_looks" {
  bucket = google_storage_bucket.this["backups"].name
  role   = "roles/storage.legacyBucketReader"
  member = local.principals["backup"]
}
