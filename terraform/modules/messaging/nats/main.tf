locals {
  labels = { "app.kubernetes.io/name" = "nats", "app.kubernetes.io/instance" = "nats" }

  # The server looks for an included file beside its own, /etc/nats-config/nats.conf, also when the path is absolute.
  accounts_include = "../nats-accounts/accounts.conf"

  # What the restricted Pod Security Standard asks of every container, none left out; the rest it asks of the pod.
  container_security = { allowPrivilegeEscalation = false, runAsNonRoot = true, capabilities = { drop = ["ALL"] } }
  containers         = { for name, block in local.container_blocks : name => merge(block, { merge = merge(block.merge, { securityContext = local.container_security }) }) }
  container_blocks = {
    container = {
      env = { GOMEMLIMIT = "${floor(var.memory_mib * 0.9)}MiB" }
      merge = {
        resources = {
          requests = { cpu = "250m", memory = "${var.memory_mib}Mi" }
          limits   = { memory = "${var.memory_mib}Mi" }
        }
      }
      patch = [{ op = "add", path = "/volumeMounts/-", value = { name = "accounts", mountPath = "/etc/nats-accounts", readOnly = true } }]
    }
    reloader = { merge = {} }
    promExporter = {
      enabled    = true
      port       = 7777
      podMonitor = { enabled = var.pod_monitor }
      merge = {
        # The chart's own say -prefix=nats; the mesh's rules and dashboards ask for the exporter's own names, gnatsd_ and jetstream_.
        args      = ["-port=7777", "-connz", "-routez", "-subz", "-varz", "-jsz=all", "-use_internal_server_id", "http://localhost:8222/"]
        resources = { requests = { cpu = "20m", memory = "64Mi" }, limits = { memory = "64Mi" } }
      }
    }
  }
}

resource "helm_release" "nats" {
  name       = "nats"
  namespace  = var.namespace
  repository = var.chart.repository
  chart      = "nats"
  version    = var.chart.version
  atomic     = true
  timeout    = 900

  values = [yamlencode(merge(local.containers, {
    config = {
      cluster = { enabled = var.replicas > 1, replicas = var.replicas }
      jetstream = {
        enabled = true
        fileStore = {
          enabled = true
          maxSize = "${floor(var.storage_gib * 0.9)}Gi"
          pvc     = { enabled = true, size = "${var.storage_gib}Gi", storageClassName = var.storage_class_name == "" ? null : var.storage_class_name }
        }
      }
      monitor = { enabled = true, port = 8222 }
      merge   = { "$include" = local.accounts_include }
    }
    podTemplate = {
      merge = {
        spec = {
          priorityClassName = var.priority_class_name == "" ? null : var.priority_class_name
          securityContext   = { runAsNonRoot = true, runAsUser = 1000, runAsGroup = 1000, fsGroup = 1000, seccompProfile = { type = "RuntimeDefault" } }
        }
      }
      # A zone takes one server with it, never two.
      topologySpreadConstraints = var.replicas == 1 ? {} : {
        "topology.kubernetes.io/zone" = { maxSkew = 1, whenUnsatisfiable = "DoNotSchedule" }
      }
      patch = [{ op = "add", path = "/spec/volumes/-", value = { name = "accounts", secret = { secretName = var.accounts_secret } } }]
    }
    podDisruptionBudget = { enabled = var.replicas > 1 }
    natsBox             = { enabled = false }
  }))]
}

# Clients reach port 4222; the servers reach each other; nobody else gets in.
resource "helm_release" "network_policy" {
  name      = "nats-network-policy"
  namespace = var.namespace
  chart     = "${path.module}/../../../charts/objects"

  values = [yamlencode({
    objects = {
      policy = {
        apiVersion = "networking.k8s.io/v1"
        kind       = "NetworkPolicy"
        metadata   = { name = "nats", namespace = var.namespace }
        spec = {
          podSelector = { matchLabels = local.labels }
          policyTypes = ["Ingress"]
          ingress = [
            {
              from  = [for name in sort(var.client_namespaces) : { namespaceSelector = { matchLabels = { "kubernetes.io/metadata.name" = name } } }]
              ports = [{ port = 4222 }]
            },
            {
              from  = [{ podSelector = { matchLabels = local.labels } }]
              ports = [{ port = 6222 }]
            },
            {
              from  = [{ namespaceSelector = { matchLabels = { "kubernetes.io/metadata.name" = "observability" } } }]
              ports = [{ port = 7777 }]
            },
          ]
        }
      }
    }
  })]
}
