output "endpoints" {
  description = "Addresses of the mesh from outside."
  value       = module.marketmesh.endpoints
}

output "nats_url" {
  description = "What goes into each service's `nats-url`, with its credentials."
  value       = module.messaging.url
}

output "version" {
  description = "Version of the services that run."
  value       = module.marketmesh.version
}
