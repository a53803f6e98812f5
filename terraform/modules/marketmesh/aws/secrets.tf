# Secrets are made without a value: `marketmesh secrets` makes the values and the operator puts them here, so that neither the
# state nor a plan ever holds one.
resource "aws_secretsmanager_secret" "service" {
  for_each = var.services

  name                    = "${var.name}/${each.key}"
  description             = "Keys of the Kubernetes secret ${var.release}-${each.key}, as a JSON object"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}
