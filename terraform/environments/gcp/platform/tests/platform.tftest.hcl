mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
  mock_resource "google_service_account" {
    defaults = { email = "node@example-project.iam.gserviceaccount.com", member = "serviceAccount:node@example-project.iam.gserviceaccount.com" }
  }
}

variables {
  environment    = "test"
  project        = "example-project"
  region         = "europe-west3"
  domain         = "mesh.example.com"
  administrators = { platform = "group:platform@example.com" }
}

run "standard_comes_up" {
  command = plan

  assert {
    condition     = module.database[0].max_connections == 563 && length(output.database_replica_hosts) == 1
    error_message = "Four replicas of each service fit, and reads have a replica."
  }

  assert {
    condition     = output.workloads.secrets.key_prefix == "marketmesh-test" && output.secrets["identity"] == "marketmesh-test-identity"
    error_message = "Secrets are named as the chart asks for them: <prefix>-<service>."
  }
}

run "small_with_postgres_in_the_cluster" {
  command = plan

  variables {
    size     = "small"
    database = "cloudnativepg"
  }

  assert {
    condition     = output.database_host == null && length(output.egress_addresses) == 1
    error_message = "With CloudNativePG there is no Cloud SQL instance; small has one way out."
  }
}

run "refuses_what_is_no_environment" {
  command = plan

  variables {
    environment    = "Prod!"
    project        = "x"
    region         = "europe"
    size           = "huge"
    administrators = {}
  }

  expect_failures = [var.environment, var.project, var.region, var.size, var.administrators]
}
