output "namespace" {
  description = "Namespace of Prometheus and the collector."
  value       = local.namespace
  depends_on  = [helm_release.prometheus]
}

output "otlp_endpoint" {
  description = "The chart's `telemetry.otlpEndpoint`."
  value       = "http://otel-collector.${local.namespace}:4318"
  depends_on  = [helm_release.collector]
}

output "peers" {
  description = "The chart's `networkPolicy.prometheus` and `networkPolicy.otlp`."
  value       = [{ namespaceSelector = { matchLabels = { "kubernetes.io/metadata.name" = local.namespace } } }]
}
