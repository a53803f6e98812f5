locals {
  namespaces = ["marketmesh", "messaging"]
}

resource "helm_release" "namespaces" {
  name      = "namespaces"
  namespace = "kube-system"
  chart     = "${path.module}/../../charts/objects"

  values = [yamlencode({
    objects = {
      for name in local.namespaces : name => {
        apiVersion = "v1"
        kind       = "Namespace"
        metadata   = { name = name, labels = { "pod-security.kubernetes.io/enforce" = "restricted" } }
      }
    }
  })]
}

module "messaging" {
  source = "../../modules/messaging/nats"

  replicas        = 1
  storage_gib     = 2
  memory_mib      = 256
  accounts_secret = var.nats_accounts_secret
  pod_monitor     = var.observability

  depends_on = [helm_release.namespaces, module.observability]
}

module "database" {
  source = "../../modules/database/cloudnativepg"

  instances            = 1
  storage_gib          = 10
  memory_gib           = 2
  storage_class_name   = "standard"
  service_replicas_max = 1
}

module "observability" {
  source = "../../modules/observability/stack"
  count  = var.observability ? 1 : 0

  replicas               = 1
  storage_gib            = 5
  metrics_retention_days = 2
}

# Secrets: `marketmesh secrets FOLDER` makes them and `kubectl apply --namespace marketmesh --kustomize FOLDER` puts them there, before
# this release and after the namespaces (`terraform apply -target=helm_release.namespaces`); terraform/README.md, "Secrets".
module "marketmesh" {
  source = "../../modules/marketmesh/release"

  image_registry = var.image_registry
  image_version  = var.image_version
  replicas       = { min = 1, max = 1 }
  event_replicas = module.messaging.replicas
  node_pool      = null
  postgres       = module.database.chart_values
  values         = var.values

  peers = {
    nats       = module.messaging.peers
    prometheus = flatten(module.observability[*].peers)
    otlp       = flatten(module.observability[*].peers)
  }

  telemetry = {
    otlp_endpoint = var.observability ? module.observability[0].otlp_endpoint : ""
    pod_monitors  = var.observability
  }
}
