mock_provider "google" {}

variables {
  name    = "marketmesh-test"
  project = "example-project"
  region  = "europe-west3"
}

run "is_private_and_logged" {
  command = plan

  assert {
    condition     = !google_compute_network.this.auto_create_subnetworks && google_compute_subnetwork.nodes.private_ip_google_access
    error_message = "Only our subnet, which reaches Google's APIs without the internet."
  }

  assert {
    condition     = google_compute_subnetwork.nodes.log_config[0].flow_sampling == 0.5 && google_compute_firewall.log_refused.direction == "INGRESS"
    error_message = "Flows and refusals are logged."
  }

  assert {
    condition     = google_compute_global_address.managed_services.address == "10.85.0.0" && google_compute_global_address.managed_services.prefix_length == 20
    error_message = "Cloud SQL takes addresses from the stated range."
  }
}

run "refuses_what_would_not_hold" {
  command = plan

  variables {
    cidr              = "10.0.0.0/26"
    pods_cidr         = "10.1.0.0/24"
    region            = "Frankfurt"
    flow_log_sampling = 2
    nat_addresses     = 0
  }

  expect_failures = [var.cidr, var.pods_cidr, var.region, var.flow_log_sampling, var.nat_addresses]
}
