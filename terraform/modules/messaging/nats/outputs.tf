output "url" {
  description = "What services connect to, without credentials: those are in each service's `nats-url`."
  value       = "nats://nats.${var.namespace}:4222"
}

output "replicas" {
  description = "Servers, and copies of each stream."
  value       = var.replicas
  depends_on  = [helm_release.nats]
}

output "peers" {
  description = "The chart's `networkPolicy.nats`."
  value       = [{ namespaceSelector = { matchLabels = { "kubernetes.io/metadata.name" = var.namespace } }, podSelector = { matchLabels = local.labels } }]
}
