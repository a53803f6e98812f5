# Objects of kinds that the charts above bring: they come after them, in a release of their own.
locals {
  cluster_issuer = {
    apiVersion = "cert-manager.io/v1"
    kind       = "ClusterIssuer"
    metadata   = { name = local.issuer }
    spec = {
      acme = {
        server              = var.certificate_server
        email               = var.certificate_email
        privateKeySecretRef = { name = "${local.issuer}-account" }
        solvers             = [{ selector = { dnsZones = [var.zone.domain] }, dns01 = var.dns_solver }]
      }
    }
  }

  secret_store = {
    apiVersion = "external-secrets.io/v1"
    kind       = "ClusterSecretStore"
    metadata   = { name = local.store }
    spec = {
      # Only the mesh's namespace may ask.
      conditions = [{ namespaces = ["marketmesh"] }]
      provider   = var.secret_store
    }
  }

  gateway_objects = { for name, object in local.envoy_objects : name => object if local.on_aws }

  envoy_objects = {
    gateway-class = {
      apiVersion = "gateway.networking.k8s.io/v1"
      kind       = "GatewayClass"
      metadata   = { name = local.gateway_class }
      spec = {
        controllerName = "gateway.envoyproxy.io/gatewayclass-controller"
        parametersRef  = { group = "gateway.envoyproxy.io", kind = "EnvoyProxy", name = "nlb", namespace = "gateway" }
      }
    }
    envoy-proxy = {
      apiVersion = "gateway.envoyproxy.io/v1alpha1"
      kind       = "EnvoyProxy"
      metadata   = { name = "nlb", namespace = "gateway" }
      spec = {
        provider = {
          type = "Kubernetes"
          kubernetes = {
            envoyDeployment = { replicas = 3 }
            envoyService = {
              externalTrafficPolicy = "Local"
              annotations = {
                "service.beta.kubernetes.io/aws-load-balancer-type"                              = "nlb"
                "service.beta.kubernetes.io/aws-load-balancer-cross-zone-load-balancing-enabled" = "true"
              }
            }
          }
        }
      }
    }
  }
}

resource "helm_release" "objects" {
  name      = "stores-and-issuers"
  namespace = "kube-system"
  chart     = "${path.module}/../../../charts/objects"

  values = [yamlencode({
    objects = merge({ issuer = local.cluster_issuer, store = local.secret_store }, local.gateway_objects)
  })]

  depends_on = [helm_release.cert_manager, helm_release.external_secrets, helm_release.gateway]
}
