mock_provider "helm" {}

override_data {
  target = data.terraform_remote_state.platform
  values = {
    outputs = {
      workloads = {
        cloud          = "gcp"
        name           = "marketmesh-test"
        size           = "standard"
        database       = "managed"
        read_replicas  = 1
        replicas_max   = 4
        cluster        = { name = "marketmesh-test", endpoint = "https://cluster.example.com", ca_certificate = "Y2E=", region = "europe-west3" }
        network_cidr   = "10.64.0.0/16"
        storage_class  = { provisioner = "pd.csi.storage.gke.io", parameters = { type = "pd-ssd" } }
        telemetry      = { namespace = "observability", rules_in_cluster = false, exporters = { googlecloud = { project = "example" } }, pipelines = { traces = "googlecloud" }, remote_write = [] }
        image_registry = "registry.example/marketmesh-test"
        secrets        = { key_prefix = "marketmesh-test", store = { gcpsm = { projectID = "example" } } }
        buckets        = { backups = "backups", files = "files" }
        zone           = { id = "ZONE", domain = "mesh.example.com" }
        dns_solver     = { cloudDNS = { project = "example", hostedZoneName = "zone" } }
      }
    }
  }
}

variables {
  platform_state    = { bucket = "state", prefix = "test/platform" }
  image_version     = "0.3.0"
  certificate_email = "platform@example.com"
}

run "comes_up_on_what_platform_gives" {
  command = apply

  assert {
    condition     = output.endpoints.grpc == "https://grpc.mesh.example.com" && output.version == "0.3.0"
    error_message = "The mesh is served under its domain."
  }

  assert {
    condition     = yamldecode(module.marketmesh.values).externalSecrets.databaseRead
    error_message = "Where there is a read replica its URL is fetched."
  }

  assert {
    condition     = [for peer in yamldecode(module.marketmesh.values).networkPolicy.gateway : peer.ipBlock.cidr] == ["130.211.0.0/22", "35.191.0.0/16"]
    error_message = "Google's front ends may call the mesh."
  }

  assert {
    condition     = length(module.database) == 0
    error_message = "With Cloud SQL there is no Postgres in the cluster."
  }
}
