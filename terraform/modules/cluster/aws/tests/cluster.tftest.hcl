mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
}

variables {
  name               = "marketmesh-test"
  kubernetes_version = "1.34"
  subnet_ids         = ["subnet-a", "subnet-b", "subnet-c"]
  kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  node_pools = {
    system = { machine_types = ["m7i.large"], min_nodes = 3, max_nodes = 6 }
    apps = {
      machine_types = ["m7i.xlarge", "m6i.xlarge"]
      min_nodes     = 0
      max_nodes     = 12
      spot          = true
      taints        = [{ key = "marketmesh.dev/pool", value = "apps", effect = "NO_SCHEDULE" }]
    }
  }
}

run "is_private_encrypted_and_logged" {
  command = plan

  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_private_access && !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "Without authorized networks the control plane is private."
  }

  assert {
    condition     = contains(aws_eks_cluster.this.encryption_config[0].resources, "secrets")
    error_message = "Kubernetes secrets are encrypted by our key."
  }

  assert {
    condition     = contains(aws_eks_cluster.this.enabled_cluster_log_types, "audit") && aws_cloudwatch_log_group.control_plane.name == "/aws/eks/marketmesh-test/cluster"
    error_message = "The audit log goes to the group that has a retention."
  }

  assert {
    condition     = aws_eks_cluster.this.access_config[0].authentication_mode == "API" && !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "Access is by access entries alone."
  }

  assert {
    condition     = strcontains(aws_eks_addon.before_nodes["vpc-cni"].configuration_values, "\"enableNetworkPolicy\":\"true\"")
    error_message = "Network policies must be enforced."
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.node : template.metadata_options[0].http_tokens == "required" && template.metadata_options[0].http_put_response_hop_limit == 1])
    error_message = "A pod must not reach the node's credentials."
  }

  assert {
    condition     = aws_eks_node_group.this["apps"].capacity_type == "SPOT" && aws_eks_node_group.this["system"].capacity_type == "ON_DEMAND" && length(aws_eks_node_group.this["apps"].taint) == 1
    error_message = "A pool is spot and tainted only when it says so."
  }
}

run "opens_to_named_networks_only" {
  command = plan

  variables {
    authorized_networks = ["198.51.100.0/24"]
  }

  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_public_access && tolist(aws_eks_cluster.this.vpc_config[0].public_access_cidrs) == tolist(["198.51.100.0/24"])
    error_message = "Only the named range may reach the control plane."
  }
}

run "refuses_what_would_be_unsafe" {
  command = plan

  variables {
    authorized_networks = ["0.0.0.0/0"]
    kubernetes_version  = "1.20"
    administrators      = { root = "arn:aws:iam::123456789012:user/root" }
    node_pools          = { apps = { machine_types = ["m7i.large"], min_nodes = 3, max_nodes = 1 } }
  }

  expect_failures = [var.authorized_networks, var.kubernetes_version, var.administrators, var.node_pools]
}
