output "network_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "network_cidr" {
  description = "Address range of the network."
  value       = aws_vpc.this.cidr_block
}

output "private_subnet_ids" {
  description = "Subnets of nodes and pods, in the order of the zones. They reach the internet by NAT."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]
}

output "public_subnet_ids" {
  description = "Subnets of load balancers and NAT gateways."
  value       = [for zone in var.zones : aws_subnet.public[zone].id]
}

output "database_subnet_ids" {
  description = "Subnets without a way out, for databases."
  value       = [for zone in var.zones : aws_subnet.database[zone].id]
}

output "egress_addresses" {
  description = "Addresses that calls to the internet come from, for other people's allow lists."
  value       = [for address in aws_eip.nat : address.public_ip]
}
