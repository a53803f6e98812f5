output "cluster_name" {
  description = "Name of the cluster. It is known once there are nodes."
  value       = google_container_cluster.this.name
  depends_on  = [google_container_node_pool.this]
}

output "cluster_endpoint" {
  description = "URL of the control plane; reachable from inside the network, and from `authorized_networks`."
  value       = "https://${google_container_cluster.this.endpoint}"
}

output "cluster_ca_certificate" {
  description = "Certificate authority of the control plane, base64 of PEM."
  value       = google_container_cluster.this.master_auth[0].cluster_ca_certificate
  # The provider marks the whole block as sensitive; this certificate is public.
  sensitive = true
}

output "node_identity" {
  description = "IAM member of the nodes, for granting them images."
  value       = google_service_account.node.member
}

output "workload_principal_prefix" {
  description = "IAM principal of a pod, up to `ns/<namespace>/sa/<service account>`."
  value       = "principal://iam.googleapis.com/projects/${data.google_project.this.number}/locations/global/workloadIdentityPools/${var.project}.svc.id.goog/subject"
  depends_on  = [google_container_cluster.this]
}

output "storage_class" {
  description = "What `modules/messaging` needs for its storage class: provisioner and parameters."
  value = {
    provisioner = "pd.csi.storage.gke.io"
    parameters  = { type = "pd-ssd" }
  }
}
