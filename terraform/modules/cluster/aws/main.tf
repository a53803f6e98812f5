resource "aws_cloudwatch_log_group" "control_plane" {
  # EKS writes to the group of this name; one that it has to make itself would be kept for ever.
  name              = "/aws/eks/${var.name}/cluster"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_eks_cluster" "this" {
  name     = var.name
  version  = var.kubernetes_version
  role_arn = aws_iam_role.control_plane.arn

  enabled_cluster_log_types = ["api", "audit", "authenticator", "controllerManager", "scheduler"]

  # Add-ons are named below, each at its managed version.
  bootstrap_self_managed_addons = false

  access_config {
    authentication_mode = "API"
    # Whoever runs Terraform is no administrator for that; `administrators` names them.
    bootstrap_cluster_creator_admin_permissions = false
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = var.kms_key_arn
    }
  }

  vpc_config {
    subnet_ids              = var.subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = length(var.authorized_networks) > 0
    public_access_cidrs     = length(var.authorized_networks) > 0 ? var.authorized_networks : null
  }

  upgrade_policy {
    support_type = "STANDARD"
  }

  zonal_shift_config {
    enabled = true
  }

  depends_on = [
    aws_cloudwatch_log_group.control_plane,
    aws_iam_role_policy_attachment.control_plane,
    aws_iam_role_policy.control_plane_key,
  ]
}

resource "aws_eks_access_entry" "administrator" {
  for_each = var.administrators

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = each.value
}

resource "aws_eks_access_policy_association" "administrator" {
  for_each = var.administrators

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = each.value
  policy_arn    = "arn:${data.aws_partition.current.partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"

  access_scope {
    type = "cluster"
  }

  depends_on = [aws_eks_access_entry.administrator]
}
