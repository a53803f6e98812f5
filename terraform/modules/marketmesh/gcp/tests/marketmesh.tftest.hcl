mock_provider "google" {}

variables {
  name                      = "marketmesh-test"
  project                   = "example-project"
  region                    = "europe-west3"
  workload_principal_prefix = "principal://iam.googleapis.com/pool/subject"
  node_identity             = "serviceAccount:node@example-project.iam.gserviceaccount.com"
  domain                    = "mesh.example.com"
}

run "holds_what_the_release_needs" {
  command = plan

  variables {
    image_publishers = { provider = "projects/1/locations/global/workloadIdentityPools/ci/providers/ci", subjects = ["repo:example/marketmesh:ref:refs/tags/v0.3.0"] }
  }

  assert {
    condition     = [for grant in google_artifact_registry_repository_iam_member.publishers : grant.member] == ["principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/subject/repo:example/marketmesh:ref:refs/tags/v0.3.0"] && output.publisher_identity == "projects/1/locations/global/workloadIdentityPools/ci/providers/ci"
    error_message = "Who is named pushes images; the workflow learns whom to log in by."
  }

  assert {
    condition     = google_artifact_registry_repository.this.docker_config[0].immutable_tags && google_artifact_registry_repository_iam_member.nodes.role == "roles/artifactregistry.reader"
    error_message = "Tags can't be moved; nodes may only read."
  }

  assert {
    condition     = alltrue([for bucket in google_storage_bucket.this : bucket.public_access_prevention == "enforced" && bucket.versioning[0].enabled && bucket.force_destroy == false])
    error_message = "Buckets are private, keep old versions and are not deleted with what they hold."
  }

  assert {
    condition     = length(google_secret_manager_secret.service) == 6 && google_secret_manager_secret_iam_member.external_secrets["identity"].member == "principal://iam.googleapis.com/pool/subject/ns/external-secrets/sa/external-secrets"
    error_message = "A secret for each service, which External Secrets alone may read."
  }
}

run "refuses_what_would_be_unsafe" {
  command = plan

  variables {
    domain                = "Mesh"
    backup_retention_days = 1
    services              = ["No Name"]
    image_publishers      = { provider = "projects/1/locations/global/workloadIdentityPools/ci", subjects = ["*"] }
  }

  expect_failures = [var.domain, var.backup_retention_days, var.services, var.image_publishers]
}
