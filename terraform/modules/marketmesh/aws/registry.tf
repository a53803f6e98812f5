locals {
  # Besides the services' images, what a release pushes: the client's, and the chart. ECR makes no repository by a push.
  repositories = setunion(var.services, ["cli", "charts/marketmesh"])
}

resource "aws_ecr_repository" "this" {
  for_each = local.repositories

  name                 = "${var.name}/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = !var.deletion_protection

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Layers that no tag names go after a week"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "The last 100 images stay: a rollback needs them"
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 100 }
        action       = { type = "expire" }
      },
    ]
  })
}

data "aws_iam_policy_document" "publisher_trust" {
  count = var.image_publishers == null ? 0 : 1

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [var.image_publishers.oidc_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${regex("oidc-provider/(.*)$", var.image_publishers.oidc_provider_arn)[0]}:aud"
      values   = [var.image_publishers.audience]
    }

    condition {
      test     = "StringEquals"
      variable = "${regex("oidc-provider/(.*)$", var.image_publishers.oidc_provider_arn)[0]}:sub"
      values   = var.image_publishers.subjects
    }
  }
}

data "aws_iam_policy_document" "publisher" {
  statement {
    sid       = "Login"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid = "Push"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = [for repository in aws_ecr_repository.this : repository.arn]
  }
}

resource "aws_iam_role" "publisher" {
  count = var.image_publishers == null ? 0 : 1

  name                 = "${var.name}-image-publisher"
  assume_role_policy   = data.aws_iam_policy_document.publisher_trust[0].json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "publisher" {
  count = var.image_publishers == null ? 0 : 1

  name   = "push-images"
  role   = aws_iam_role.publisher[0].id
  policy = data.aws_iam_policy_document.publisher.json
}
