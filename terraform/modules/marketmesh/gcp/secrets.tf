# Secrets are made without a value: `marketmesh secrets` makes the values and the operator puts them here, so that neither the
# state nor a plan ever holds one.
resource "google_secret_manager_secret" "service" {
  for_each = var.services

  project             = var.project
  secret_id           = "${var.name}-${each.key}"
  deletion_protection = var.deletion_protection

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}
