output "nats_url" {
  description = "What goes into each service's `nats-url`."
  value       = module.messaging.url
}

output "version" {
  description = "Version of the services that run."
  value       = module.marketmesh.version
}
