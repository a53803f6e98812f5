output "backend" {
  description = "What `terraform init -backend-config` of the other folders takes."
  value       = { bucket = google_storage_bucket.state.name }
}
