# The password is made anew in each run, goes to the database and to Secret Manager by write-only arguments, and is in no state or plan.
# It changes when `admin_password_version` is raised.
ephemeral "random_password" "admin" {
  length = 40
  # COMPLEXITY_DEFAULT asks for every kind of sign; these two need no quoting in a URL or a shell.
  override_special = "-_"
  min_lower        = 4
  min_upper        = 4
  min_numeric      = 4
  min_special      = 4
}

locals {
  admin_password_version = 1
}

resource "google_sql_user" "admin" {
  project             = var.project
  instance            = google_sql_database_instance.primary.name
  name                = "marketmesh_admin"
  password_wo         = ephemeral.random_password.admin.result
  password_wo_version = local.admin_password_version
}

resource "google_secret_manager_secret" "admin" {
  project             = var.project
  secret_id           = "${var.name}-database-admin"
  deletion_protection = var.deletion_protection

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_version" "admin" {
  secret                 = google_secret_manager_secret.admin.id
  secret_data_wo         = ephemeral.random_password.admin.result
  secret_data_wo_version = local.admin_password_version
}

resource "google_sql_user" "operators" {
  for_each = var.operators

  project  = var.project
  instance = google_sql_database_instance.primary.name
  name     = each.value
  type     = "CLOUD_IAM_GROUP"
}

# To this instance alone: what the project holds besides is none of theirs.
resource "google_project_iam_member" "operators" {
  for_each = var.operators

  project = var.project
  role    = "roles/cloudsql.instanceUser"
  member  = "group:${each.value}"

  condition {
    title      = "only ${var.name}"
    expression = "resource.name == \"projects/${var.project}/instances/${var.name}\" && resource.type == \"sqladmin.googleapis.com/Instance\""
  }
}
