mock_provider "helm" {}

variables {
  image_registry = "registry.example/marketmesh"
  image_version  = "0.3.0"
  replicas       = { min = 3, max = 4 }
}

run "gives_the_chart_what_it_takes" {
  command = apply

  variables {
    domain  = "mesh.example.com"
    gateway = { class = "any", issuer = { kind = "ClusterIssuer", name = "public" }, peers = [{ ipBlock = { cidr = "192.0.2.0/24" } }], health_checks = true }
    secrets = { store = { kind = "ClusterSecretStore", name = "cloud" }, key_prefix = "marketmesh-test" }
    peers   = { nats = [{ namespaceSelector = {} }] }
  }

  assert {
    condition     = helm_release.this.atomic && helm_release.this.wait_for_jobs
    error_message = "A release that doesn't become ready is rolled back."
  }

  assert {
    condition     = yamldecode(output.values).defaults.autoscaling == { enabled = true, minReplicas = 3, maxReplicas = 4 } && yamldecode(output.values).gateway.httpHostname == "api.mesh.example.com"
    error_message = "Replicas and host names reach the chart."
  }

  assert {
    condition     = yamldecode(output.values).networkPolicy.gateway == [{ ipBlock = { cidr = "192.0.2.0/24" } }]
    error_message = "Whom the gateway's calls come from reaches the chart."
  }

  assert {
    condition     = length(yamldecode(helm_release.health_checks[0].values[0]).objects) == 6 && yamldecode(helm_release.health_checks[0].values[0]).objects.catalog.spec.targetRef.name == "marketmesh-catalog" && yamldecode(helm_release.health_checks[0].values[0]).objects.catalog.spec.default.config.httpHealthCheck.requestPath == "/readyz"
    error_message = "The load balancer asks each service whether it is ready."
  }

  assert {
    condition     = !yamldecode(output.values).externalSecrets.databaseRead && yamldecode(output.values).externalSecrets.keyPrefix == "marketmesh-test" && !contains(keys(yamldecode(output.values)), "postgres")
    error_message = "Secrets are fetched; Postgres is outside."
  }
}

run "refuses_what_can_not_be_rolled_back" {
  command = plan

  variables {
    image_version  = "latest"
    replicas       = { min = 3, max = 1 }
    event_replicas = 2
    domain         = "mesh.example.com"
  }

  expect_failures = [var.image_version, var.replicas, var.event_replicas, var.gateway]
}
