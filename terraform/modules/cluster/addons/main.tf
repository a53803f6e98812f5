locals {
  on_aws     = var.cluster.cloud == "aws"
  issuer     = "public"
  store      = "cloud"
  aws_region = { name = "AWS_REGION", value = var.cluster.region }

  # Google Cloud has a gateway controller and an autoscaler of its own.
  gateway_class = local.on_aws ? "envoy" : "gke-l7-global-external-managed"

  # Envoy runs in the cluster; Google's proxies and health checks come from the ranges of its front ends, which are no pods.
  gateway_peers = concat(
    [for name in local.on_aws ? ["gateway"] : [] : { namespaceSelector = { matchLabels = { "kubernetes.io/metadata.name" = name } } }],
    [for cidr in local.on_aws ? [] : ["130.211.0.0/22", "35.191.0.0/16"] : { ipBlock = { cidr = cidr } }],
  )

  namespaces = {
    for name in var.restricted_namespaces : "namespace-${name}" => {
      apiVersion = "v1"
      kind       = "Namespace"
      metadata = {
        name = name
        labels = {
          "pod-security.kubernetes.io/enforce" = "restricted"
          "pod-security.kubernetes.io/warn"    = "restricted"
        }
      }
    }
  }

  storage_class = {
    apiVersion           = "storage.k8s.io/v1"
    kind                 = "StorageClass"
    metadata             = { name = "marketmesh" }
    provisioner          = var.storage_class.provisioner
    parameters           = var.storage_class.parameters
    volumeBindingMode    = "WaitForFirstConsumer"
    allowVolumeExpansion = true
    # A claim that is deleted by mistake leaves its disk.
    reclaimPolicy = "Retain"
  }

  priority_class = {
    apiVersion  = "scheduling.k8s.io/v1"
    kind        = "PriorityClass"
    metadata    = { name = "marketmesh" }
    value       = 100000
    description = "The mesh and what it stands on go before batch work."
  }
}

resource "helm_release" "foundation" {
  name      = "foundation"
  namespace = "kube-system"
  chart     = "${path.module}/../../../charts/objects"

  values = [yamlencode({
    objects = merge(local.namespaces, { storage-class = local.storage_class, priority-class = local.priority_class })
  })]
}

resource "helm_release" "cert_manager" {
  name             = "cert-manager"
  namespace        = "cert-manager"
  create_namespace = true
  repository       = var.charts.cert_manager.repository
  chart            = "cert-manager"
  version          = var.charts.cert_manager.version
  atomic           = true

  values = [yamlencode({
    crds                = { enabled = true, keep = true }
    serviceAccount      = { name = "cert-manager" }
    extraArgs           = ["--issuer-ambient-credentials=true", "--cluster-issuer-ambient-credentials=true"]
    extraEnv            = local.on_aws ? [local.aws_region] : []
    config              = { apiVersion = "controller.config.cert-manager.io/v1alpha1", kind = "ControllerConfiguration", enableGatewayAPI = true }
    replicaCount        = 2
    podDisruptionBudget = { enabled = true, maxUnavailable = 1 }
  })]

  depends_on = [helm_release.gateway]
}

resource "helm_release" "external_secrets" {
  name             = "external-secrets"
  namespace        = "external-secrets"
  create_namespace = true
  repository       = var.charts.external_secrets.repository
  chart            = "external-secrets"
  version          = var.charts.external_secrets.version
  atomic           = true

  values = [yamlencode({
    installCRDs         = true
    replicaCount        = 2
    leaderElect         = true
    serviceAccount      = { name = "external-secrets" }
    podDisruptionBudget = { enabled = true, maxUnavailable = 1 }
  })]
}

resource "helm_release" "external_dns" {
  name             = "external-dns"
  namespace        = "external-dns"
  create_namespace = true
  repository       = var.charts.external_dns.repository
  chart            = "external-dns"
  version          = var.charts.external_dns.version
  atomic           = true

  values = [yamlencode({
    provider       = { name = local.on_aws ? "aws" : "google" }
    sources        = ["gateway-httproute", "gateway-grpcroute"]
    domainFilters  = [var.zone.domain]
    policy         = "sync"
    registry       = "txt"
    txtOwnerId     = var.cluster.name
    serviceAccount = { name = "external-dns" }
    env            = local.on_aws ? [local.aws_region] : []
  })]

  depends_on = [helm_release.gateway]
}

resource "helm_release" "cluster_autoscaler" {
  count = local.on_aws ? 1 : 0

  name       = "cluster-autoscaler"
  namespace  = "kube-system"
  repository = var.charts.cluster_autoscaler.repository
  chart      = "cluster-autoscaler"
  version    = var.charts.cluster_autoscaler.version
  atomic     = true

  values = [yamlencode({
    awsRegion     = var.cluster.region
    autoDiscovery = { clusterName = var.cluster.name }
    rbac          = { serviceAccount = { name = "cluster-autoscaler" } }
    replicaCount  = 2
    extraArgs     = { expander = "least-waste", balance-similar-node-groups = true, skip-nodes-with-system-pods = false }
  })]
}

resource "helm_release" "gateway" {
  count = local.on_aws ? 1 : 0

  name             = "envoy-gateway"
  namespace        = "gateway"
  create_namespace = true
  repository       = var.charts.gateway.repository
  chart            = "gateway-helm"
  version          = var.charts.gateway.version
  atomic           = true

  values = [yamlencode({ deployment = { replicas = 2 } })]
}
