# A load balancer of Google's asks `/` unless it is told, and takes what a mesh answers there for a failure. It asks the pods themselves, on
# the port that they serve.
locals {
  health_checks = {
    for service in var.services : service => {
      apiVersion = "networking.gke.io/v1"
      kind       = "HealthCheckPolicy"
      metadata   = { name = "${var.release}-${service}", namespace = var.namespace }
      spec = {
        default = {
          checkIntervalSec   = 5
          timeoutSec         = 5
          healthyThreshold   = 1
          unhealthyThreshold = 2
          config             = { type = "HTTP", httpHealthCheck = { portSpecification = "USE_SERVING_PORT", requestPath = "/readyz" } }
        }
        targetRef = { group = "", kind = "Service", name = "${var.release}-${service}" }
      }
    }
  }
}

# Before the release: what waits for pods to get ready must not wait for a load balancer that asks the wrong question.
resource "helm_release" "health_checks" {
  count = try(var.gateway.health_checks, false) ? 1 : 0

  name      = "${var.release}-health-checks"
  namespace = var.namespace
  chart     = "${path.module}/../../../charts/objects"
  values    = [yamlencode({ objects = local.health_checks })]
}
