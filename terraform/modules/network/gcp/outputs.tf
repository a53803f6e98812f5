output "network_id" {
  description = "Id of the network. It is known once managed services are joined to it."
  value       = google_compute_network.this.id
  depends_on  = [google_service_networking_connection.managed_services]
}

output "network_cidr" {
  description = "Address range of nodes."
  value       = google_compute_subnetwork.nodes.ip_cidr_range
}

output "private_subnet_ids" {
  description = "Subnets of nodes and pods: one, which spans the region's zones."
  value       = [google_compute_subnetwork.nodes.id]
}

output "pods_range_name" {
  description = "Name of the secondary range of pods."
  value       = google_compute_subnetwork.nodes.secondary_ip_range[0].range_name
}

output "services_range_name" {
  description = "Name of the secondary range of services."
  value       = google_compute_subnetwork.nodes.secondary_ip_range[1].range_name
}

output "managed_services_cidr" {
  description = "Range that Cloud SQL answers from, for network policies."
  value       = var.managed_services_cidr
}

output "egress_addresses" {
  description = "Addresses that calls to the internet come from, for other people's allow lists."
  value       = google_compute_address.nat[*].address
}
