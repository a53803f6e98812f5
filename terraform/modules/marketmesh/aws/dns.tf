resource "aws_route53_zone" "this" {
  name          = var.domain
  comment       = "marketmesh ${var.name}"
  force_destroy = !var.deletion_protection
}

# Only the authority that cert-manager uses may issue, and nobody wildcards.
resource "aws_route53_record" "caa" {
  zone_id = aws_route53_zone.this.zone_id
  name    = var.domain
  type    = "CAA"
  ttl     = 3600
  records = ["0 issue \"${var.certificate_issuer}\"", "0 issuewild \";\""]
}
