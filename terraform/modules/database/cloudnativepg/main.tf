locals {
  max_connections = ceil(var.pool_connections_per_replica * (var.service_replicas_max + 1) / 0.8)
}

resource "helm_release" "operator" {
  name             = "cloudnative-pg"
  namespace        = "cnpg-system"
  create_namespace = true
  repository       = var.charts.operator.repository
  chart            = "cloudnative-pg"
  version          = var.charts.operator.version
  atomic           = true

  values = [yamlencode({ replicaCount = 2 })]
}

resource "helm_release" "backup" {
  count = var.backup == null ? 0 : 1

  name       = "plugin-barman-cloud"
  namespace  = "cnpg-system"
  repository = var.charts.backup.repository
  chart      = "plugin-barman-cloud"
  version    = var.charts.backup.version
  atomic     = true

  depends_on = [helm_release.operator]
}
