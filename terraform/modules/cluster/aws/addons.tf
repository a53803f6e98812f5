locals {
  addons_before_nodes = {
    "vpc-cni" = jsonencode({
      # NetworkPolicy objects are enforced by the add-on's own agent; the chart denies by default.
      enableNetworkPolicy = "true"
      env                 = { ENABLE_PREFIX_DELEGATION = "true", WARM_PREFIX_TARGET = "1" }
    })
    "kube-proxy"             = null
    "eks-pod-identity-agent" = null
  }
  addons_on_nodes = {
    "coredns"        = null
    "metrics-server" = null
    "aws-ebs-csi-driver" = jsonencode({
      defaultStorageClass = { enabled = false }
    })
  }
  addon_roles = {
    "vpc-cni"            = { service_account = "aws-node", policy = "AmazonEKS_CNI_Policy" }
    "aws-ebs-csi-driver" = { service_account = "ebs-csi-controller-sa", policy = "service-role/AmazonEBSCSIDriverPolicy" }
  }
}

resource "aws_iam_role" "addon" {
  for_each = local.addon_roles

  name               = "${var.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.pod_identity_trust.json
}

resource "aws_iam_role_policy_attachment" "addon" {
  for_each = local.addon_roles

  role       = aws_iam_role.addon[each.key].name
  policy_arn = "${local.policy_prefix}/${each.value.policy}"
}

resource "aws_eks_addon" "before_nodes" {
  for_each = local.addons_before_nodes

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  configuration_values        = each.value
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = contains(keys(local.addon_roles), each.key) ? [local.addon_roles[each.key]] : []

    content {
      role_arn        = aws_iam_role.addon[each.key].arn
      service_account = pod_identity_association.value.service_account
    }
  }

  depends_on = [aws_iam_role_policy_attachment.addon]
}

resource "aws_eks_addon" "on_nodes" {
  for_each = local.addons_on_nodes

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  configuration_values        = each.value
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = contains(keys(local.addon_roles), each.key) ? [local.addon_roles[each.key]] : []

    content {
      role_arn        = aws_iam_role.addon[each.key].arn
      service_account = pod_identity_association.value.service_account
    }
  }

  depends_on = [aws_eks_node_group.this, aws_iam_role_policy_attachment.addon]
}
