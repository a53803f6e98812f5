locals {
  labels = { "app.kubernetes.io/name" = "nats", "app.kubernetes.io/instance" = "nats" }

  accounts = var.accounts_secret == null ? {} : {
    "$include" = "/etc/nats-accounts/accounts.conf"
  }
  accounts_volume = var.accounts_secret == null ? [] : [
    { op = "add", path = "/spec/volumes/-", value = { name = "accounts", secret = { secretName = var.accounts_secret } } },
  ]
  accounts_mount = var.accounts_secret == null ? [] : [
    { op = "add", path = "/volumeMounts/-", value = { name = "accounts", mountPath = "/etc/nats-accounts", readOnly = true } },
  ]
}

resource "helm_release" "nats" {
  name       = "nats"
  namespace  = var.namespace
  repository = var.chart.repository
  chart      = "nats"
  version    = var.chart.version
  atomic     = true
  timeout    = 900

  values = [yamlencode({
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
      merge   = local.accounts
    }
    container = {
      env = { GOMEMLIMIT = "${floor(var.memory_mib * 0.9)}MiB" }
      merge = {
        resources = {
          requests = { cpu = "250m", memory = "${var.memory_mib}Mi" }
          limits   = { memory = "${var.memory_mib}Mi" }
        }
        securityContext = {
          allowPrivilegeEscalation = false
          capabilities             = { drop = ["ALL"] }
        }
      }
      patch = local.accounts_mount
    }
    reloader = {
      merge = {
        securityContext = { allowPrivilegeEscalation = false, capabilities = { drop = ["ALL"] } }
      }
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
      patch = local.accounts_volume
    }
    podDisruptionBudget = { enabled = var.replicas > 1 }
    natsBox             = { enabled = false }
    promExporter        = { enabled = true, podMonitor = { enabled = false } }
  })]
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
