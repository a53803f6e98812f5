data "aws_region" "current" {}

data "aws_partition" "current" {}

locals {
  # One role per task, taken by one service account. The services themselves need nothing from AWS.
  identities = {
    external-secrets = { namespace = "external-secrets", service_account = "external-secrets" }
    cert-manager     = { namespace = "cert-manager", service_account = "cert-manager" }
    external-dns     = { namespace = "external-dns", service_account = "external-dns" }
    backup           = { namespace = var.namespace, service_account = "${var.release}-postgres" }
  }
  policies = {
    external-secrets = data.aws_iam_policy_document.external_secrets.json
    cert-manager     = data.aws_iam_policy_document.cert_manager.json
    external-dns     = data.aws_iam_policy_document.external_dns.json
    backup           = data.aws_iam_policy_document.backup.json
  }
}

data "aws_iam_policy_document" "external_secrets" {
  statement {
    sid       = "ReadOurs"
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    resources = [for secret in aws_secretsmanager_secret.service : secret.arn]
  }

  statement {
    sid       = "DecryptThem"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${data.aws_region.current.name}.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "cert_manager" {
  statement {
    sid       = "WaitForChange"
    actions   = ["route53:GetChange"]
    resources = ["arn:${data.aws_partition.current.partition}:route53:::change/*"]
  }

  statement {
    sid       = "FindZone"
    actions   = ["route53:ListHostedZonesByName"]
    resources = ["*"]
  }

  statement {
    sid       = "ReadZone"
    actions   = ["route53:ListResourceRecordSets"]
    resources = [aws_route53_zone.this.arn]
  }

  # Proof of ownership and nothing else: TXT records whose name begins with _acme-challenge.
  statement {
    sid       = "ProveOwnership"
    actions   = ["route53:ChangeResourceRecordSets"]
    resources = [aws_route53_zone.this.arn]

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "route53:ChangeResourceRecordSetsRecordTypes"
      values   = ["TXT"]
    }

    condition {
      test     = "ForAllValues:StringLike"
      variable = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
      values   = ["_acme-challenge.*"]
    }
  }
}

data "aws_iam_policy_document" "external_dns" {
  statement {
    sid       = "FindZone"
    actions   = ["route53:ListHostedZones"]
    resources = ["*"]
  }

  statement {
    sid       = "ReadZone"
    actions   = ["route53:ListResourceRecordSets", "route53:ListTagsForResource"]
    resources = [aws_route53_zone.this.arn]
  }

  statement {
    sid       = "PointAtGateway"
    actions   = ["route53:ChangeResourceRecordSets"]
    resources = [aws_route53_zone.this.arn]

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "route53:ChangeResourceRecordSetsRecordTypes"
      values   = ["A", "AAAA", "CNAME", "TXT"]
    }
  }
}

# Versions keep what a stolen backup identity would overwrite; it can't delete them.
data "aws_iam_policy_document" "backup" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.this["backups"].arn]
  }

  statement {
    sid       = "ReadAndWrite"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.this["backups"].arn}/*"]
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${data.aws_region.current.name}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.identities

  name               = "${var.name}-${each.key}"
  assume_role_policy = var.pod_identity_trust_policy
}

resource "aws_iam_role_policy" "this" {
  for_each = local.identities

  name   = each.key
  role   = aws_iam_role.this[each.key].id
  policy = local.policies[each.key]
}

resource "aws_eks_pod_identity_association" "this" {
  for_each = local.identities

  cluster_name    = var.cluster_name
  namespace       = each.value.namespace
  service_account = each.value.service_account
  role_arn        = aws_iam_role.this[each.key].arn
}
