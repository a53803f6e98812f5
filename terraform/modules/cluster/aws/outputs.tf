output "cluster_name" {
  description = "Name of the cluster."
  value       = aws_eks_cluster.this.name
}

output "cluster_endpoint" {
  description = "URL of the control plane; reachable from inside the network, and from `authorized_networks`."
  value       = aws_eks_cluster.this.endpoint
}

output "cluster_ca_certificate" {
  description = "Certificate authority of the control plane, base64 of PEM."
  value       = one(aws_eks_cluster.this.certificate_authority[*].data)
}

output "node_security_group_id" {
  description = "Security group of nodes and pods: what databases let in."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "pod_identity_trust_policy" {
  description = "Trust policy (JSON) of a role that pods of this cluster take by Pod Identity."
  value       = data.aws_iam_policy_document.pod_identity_trust.json
}

output "storage_class" {
  description = "What `modules/messaging` needs for its storage class: provisioner and parameters."
  value = {
    provisioner = "ebs.csi.aws.com"
    parameters  = { type = "gp3", encrypted = "true" }
  }
}
