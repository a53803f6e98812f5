data "google_project" "this" {
  project_id = var.project
}

resource "google_container_cluster" "this" {
  project    = var.project
  name       = var.name
  location   = var.region
  network    = var.network_id
  subnetwork = var.subnet_ids[0]

  node_locations = length(var.zones) == 0 ? null : var.zones

  # The pool that every cluster is made with goes at once; ours are below.
  remove_default_node_pool = true
  initial_node_count       = 1
  deletion_protection      = var.deletion_protection

  networking_mode             = "VPC_NATIVE"
  datapath_provider           = "ADVANCED_DATAPATH" # Dataplane V2 enforces network policies; the chart denies by default.
  enable_shielded_nodes       = true
  enable_intranode_visibility = true

  release_channel {
    channel = var.release_channel
  }

  ip_allocation_policy {
    cluster_secondary_range_name  = var.pods_range_name
    services_secondary_range_name = var.services_range_name
  }

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = length(var.authorized_networks) == 0

    master_global_access_config {
      enabled = false
    }
  }

  master_authorized_networks_config {
    gcp_public_cidrs_access_enabled = false

    dynamic "cidr_blocks" {
      for_each = var.authorized_networks

      content {
        cidr_block = cidr_blocks.value
      }
    }
  }

  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }

  workload_identity_config {
    workload_pool = "${var.project}.svc.id.goog"
  }

  database_encryption {
    state    = "ENCRYPTED"
    key_name = google_kms_crypto_key.secrets.id
  }

  gateway_api_config {
    channel = "CHANNEL_STANDARD"
  }

  addons_config {
    gce_persistent_disk_csi_driver_config {
      enabled = true
    }

    dns_cache_config {
      enabled = true
    }

    http_load_balancing {
      disabled = false
    }
  }

  logging_config {
    enable_components = ["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"]
  }

  monitoring_config {
    enable_components = ["SYSTEM_COMPONENTS", "APISERVER", "POD", "DEPLOYMENT", "STATEFULSET", "HPA", "STORAGE"]

    managed_prometheus {
      enabled = true
    }
  }

  security_posture_config {
    mode               = "BASIC"
    vulnerability_mode = "VULNERABILITY_BASIC"
  }

  cost_management_config {
    enabled = true
  }

  maintenance_policy {
    recurring_window {
      start_time = "2026-01-04T02:00:00Z"
      end_time   = "2026-01-04T08:00:00Z"
      recurrence = "FREQ=WEEKLY;BYDAY=SU,WE"
    }
  }

  node_config {
    service_account = google_service_account.node.email
  }

  lifecycle {
    # Of the pool that is removed, and of versions that the release channel moves.
    ignore_changes = [node_config, initial_node_count]
  }

  depends_on = [google_kms_crypto_key_iam_member.gke]
}

# IAM roles of the project decide who may ask for credentials; inside, an administrator is one.
resource "google_project_iam_member" "administrator" {
  for_each = var.administrators

  project = var.project
  role    = "roles/container.admin"
  member  = each.value

  condition {
    title       = "only ${var.name}"
    description = "This cluster and no other of the project"
    expression  = "resource.name.startsWith(\"projects/${var.project}/locations/${var.region}/clusters/${var.name}\")"
  }
}
