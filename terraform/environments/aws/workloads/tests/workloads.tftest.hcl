mock_provider "helm" {}

override_data {
  target = data.terraform_remote_state.platform
  values = {
    outputs = {
      workloads = {
        cloud          = "aws"
        name           = "marketmesh-test"
        size           = "standard"
        database       = "cloudnativepg"
        read_replicas  = 0
        replicas_max   = 4
        cluster        = { name = "marketmesh-test", endpoint = "https://cluster.example.com", ca_certificate = "Y2E=", region = "eu-central-1" }
        network_cidr   = "10.64.0.0/16"
        storage_class  = { provisioner = "ebs.csi.aws.com", parameters = { type = "gp3" } }
        telemetry      = { namespace = "observability", rules_in_cluster = false, exporters = { awsxray = { region = "eu-central-1" } }, pipelines = { traces = "awsxray" }, remote_write = [] }
        image_registry = "registry.example/marketmesh-test"
        secrets        = { key_prefix = "marketmesh-test", store = { aws = { service = "SecretsManager", region = "eu-central-1" } } }
        buckets        = { backups = "backups", files = "files" }
        zone           = { id = "ZONE", domain = "mesh.example.com" }
        dns_solver     = { route53 = { region = "eu-central-1", hostedZoneID = "ZONE" } }
      }
    }
  }
}

variables {
  platform_state    = { bucket = "state", key = "test/platform", region = "eu-central-1" }
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
    condition     = yamldecode(module.marketmesh.values).networkPolicy.gateway[0].namespaceSelector.matchLabels["kubernetes.io/metadata.name"] == "gateway"
    error_message = "Envoy may call the mesh."
  }

  assert {
    condition     = yamldecode(module.marketmesh.values).postgres.nodeSelector["marketmesh.dev/pool"] == "apps" && yamldecode(module.marketmesh.values).postgres.tolerations[0].value == "apps" && yamldecode(module.marketmesh.values).postgres.memory == "10Gi"
    error_message = "Postgres fits the mesh's nodes, and stands their taint."
  }

  assert {
    condition     = length(module.database) == 1 && module.database[0].chart_values.backup.destinationPath == "s3://backups/postgres"
    error_message = "Postgres in the cluster is backed up to the bucket."
  }
}
