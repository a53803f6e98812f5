locals {
  namespace = var.telemetry.namespace
  storage_spec = {
    volumeClaimTemplate = {
      spec = {
        storageClassName = var.storage_class_name == "" ? null : var.storage_class_name
        accessModes      = ["ReadWriteOnce"]
        resources        = { requests = { storage = "${var.storage_gib}Gi" } }
      }
    }
  }
}

resource "helm_release" "prometheus" {
  name             = "prometheus"
  namespace        = local.namespace
  create_namespace = true
  repository       = var.charts.prometheus.repository
  chart            = "kube-prometheus-stack"
  version          = var.charts.prometheus.version
  atomic           = true
  timeout          = 900

  values = [yamlencode({
    # The control plane of a managed cluster can't be scraped.
    kubeControllerManager = { enabled = false }
    kubeEtcd              = { enabled = false }
    kubeScheduler         = { enabled = false }
    kubeProxy             = { enabled = false }

    prometheus = {
      serviceAccount = { name = var.telemetry.prometheus_service_account }
      prometheusSpec = {
        replicas        = var.replicas
        retention       = "${var.metrics_retention_days}d"
        retentionSize   = "${floor(var.storage_gib * 0.85)}GiB"
        storageSpec     = local.storage_spec
        remoteWrite     = var.telemetry.remote_write
        enableFeatures  = ["exemplar-storage", "native-histograms"]
        externalLabels  = { environment = local.namespace }
        podAntiAffinity = "hard"
        # Every monitor and rule of the cluster, not only this release's.
        podMonitorSelectorNilUsesHelmValues     = false
        serviceMonitorSelectorNilUsesHelmValues = false
        ruleSelectorNilUsesHelmValues           = false
      }
    }

    alertmanager = {
      enabled = var.telemetry.rules_in_cluster
      alertmanagerSpec = {
        replicas                          = var.replicas
        useExistingSecret                 = var.alertmanager_secret != null
        configSecret                      = var.alertmanager_secret
        podAntiAffinity                   = "hard"
        alertmanagerConfigMatcherStrategy = { type = "None" }
      }
    }

    grafana = {
      # No password in values: the chart makes one and keeps it in a secret.
      defaultDashboardsEnabled = true
      sidecar                  = { dashboards = { enabled = true, searchNamespace = "ALL", folderAnnotation = "grafana_folder", provider = { foldersFromFilesStructure = true } } }
    }
  })]
}

resource "helm_release" "collector" {
  name             = "otel-collector"
  namespace        = local.namespace
  create_namespace = true
  repository       = var.charts.collector.repository
  chart            = "opentelemetry-collector"
  version          = var.charts.collector.version
  atomic           = true

  values = [yamlencode({
    # One per node: it reads the node's logs, and takes spans from the pods beside it.
    mode             = "daemonset"
    fullnameOverride = "otel-collector"
    image            = { repository = "otel/opentelemetry-collector-contrib" }
    service          = { enabled = true }
    serviceAccount   = { create = true, name = var.telemetry.collector_service_account }
    resources        = { requests = { cpu = "100m", memory = "384Mi" }, limits = { memory = "384Mi" } }
    tolerations      = [{ operator = "Exists" }]

    presets = {
      kubernetesAttributes = { enabled = true }
      logsCollection       = { enabled = contains(keys(var.telemetry.pipelines), "logs") }
    }

    config = {
      receivers = {
        jaeger     = null
        zipkin     = null
        prometheus = null
        otlp       = { protocols = { grpc = { endpoint = "0.0.0.0:4317" }, http = { endpoint = "0.0.0.0:4318" } } }
      }
      processors = {
        memory_limiter = { check_interval = "1s", limit_percentage = 80, spike_limit_percentage = 20 }
        batch          = { send_batch_size = 1024, timeout = "5s" }
      }
      exporters = merge({ debug = { verbosity = "basic" } }, var.telemetry.exporters)
      service = {
        # logsCollection adds its own receiver.
        pipelines = {
          traces  = { receivers = ["otlp"], processors = ["memory_limiter", "batch"], exporters = [lookup(var.telemetry.pipelines, "traces", "debug")] }
          logs    = { receivers = ["otlp"], processors = ["memory_limiter", "batch"], exporters = [lookup(var.telemetry.pipelines, "logs", "debug")] }
          metrics = { receivers = ["otlp"], processors = ["memory_limiter", "batch"], exporters = ["debug"] }
        }
      }
    }
  })]
}
