resource "google_dns_managed_zone" "this" {
  project       = var.project
  name          = var.name
  dns_name      = "${var.domain}."
  description   = "marketmesh ${var.name}"
  force_destroy = !var.deletion_protection

  dnssec_config {
    state = "on"
  }
}

# Only the authority that cert-manager uses may issue, and nobody wildcards.
resource "google_dns_record_set" "caa" {
  project      = var.project
  managed_zone = google_dns_managed_zone.this.name
  name         = google_dns_managed_zone.this.dns_name
  type         = "CAA"
  ttl          = 3600
  rrdatas      = ["0 issue \"${var.certificate_issuer}\"", "0 issuewild \";\""]
}
