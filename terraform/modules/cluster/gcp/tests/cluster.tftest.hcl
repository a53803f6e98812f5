mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

variables {
  name                = "marketmesh-test"
  project             = "example-project"
  region              = "europe-west3"
  network_id          = "network"
  subnet_ids          = ["subnet"]
  pods_range_name     = "pods"
  services_range_name = "services"
  node_pools = {
    system = { machine_type = "e2-standard-2", min_nodes = 3, max_nodes = 6 }
    apps = {
      machine_type = "n2-standard-4"
      min_nodes    = 0
      max_nodes    = 9
      spot         = true
      taints       = [{ key = "marketmesh.dev/pool", value = "apps", effect = "NO_SCHEDULE" }]
    }
  }
}

run "is_private_encrypted_and_keyless" {
  command = plan

  assert {
    condition     = google_container_cluster.this.private_cluster_config[0].enable_private_nodes && google_container_cluster.this.private_cluster_config[0].enable_private_endpoint
    error_message = "Without authorized networks, nodes and control plane are private."
  }

  assert {
    condition     = google_container_cluster.this.datapath_provider == "ADVANCED_DATAPATH" && google_container_cluster.this.enable_shielded_nodes
    error_message = "Network policies are enforced and nodes are shielded."
  }

  assert {
    condition     = google_container_cluster.this.workload_identity_config[0].workload_pool == "example-project.svc.id.goog" && google_container_cluster.this.database_encryption[0].state == "ENCRYPTED"
    error_message = "Pods have identities, secrets are encrypted by our key."
  }

  assert {
    condition     = alltrue([for pool in google_container_node_pool.this : pool.node_config[0].workload_metadata_config[0].mode == "GKE_METADATA" && pool.node_config[0].shielded_instance_config[0].enable_secure_boot])
    error_message = "A pod never gets the node's credentials."
  }

  assert {
    condition     = google_container_node_pool.this["apps"].node_config[0].spot && !google_container_node_pool.this["system"].node_config[0].spot && length(google_container_node_pool.this["apps"].node_config[0].taint) == 1
    error_message = "A pool is spot and tainted only when it says so."
  }
}

run "refuses_what_would_be_unsafe" {
  command = plan

  variables {
    authorized_networks = ["0.0.0.0/0"]
    release_channel     = "RAPID"
    administrators      = { someone = "user:someone@example.com" }
    subnet_ids          = []
    node_pools          = { apps = { machine_type = "n2-standard-4", min_nodes = 3, max_nodes = 1 } }
  }

  expect_failures = [var.authorized_networks, var.release_channel, var.administrators, var.subnet_ids, var.node_pools]
}
