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
}

variables {
  name  = "marketmesh-test"
  zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
}

run "spreads_over_three_zones" {
  command = plan

  assert {
    condition     = length(aws_subnet.private) == 3 && length(aws_subnet.public) == 3 && length(aws_subnet.database) == 3
    error_message = "Each zone needs a private, a public and a database subnet."
  }

  assert {
    condition     = length(distinct([for subnet in concat(values(aws_subnet.private), values(aws_subnet.public), values(aws_subnet.database)) : subnet.cidr_block])) == 9
    error_message = "Two subnets have the same range."
  }

  assert {
    condition     = aws_subnet.private["eu-central-1b"].cidr_block == "10.64.32.0/19" && aws_subnet.public["eu-central-1a"].cidr_block == "10.64.96.0/24"
    error_message = "Ranges moved: subnets of a running network would be replaced."
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3
    error_message = "A NAT gateway per zone by default."
  }

  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.private), values(aws_subnet.public)) : subnet.map_public_ip_on_launch == false])
    error_message = "Nodes must not get public addresses."
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow_logs.retention_in_days == 30
    error_message = "All traffic is logged and kept for the stated days."
  }
}

run "one_nat_gateway_when_cheap" {
  command = plan

  variables {
    nat_per_zone = false
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.nat) == 3
    error_message = "One gateway serves all three private route tables."
  }
}

run "refuses_what_would_not_hold" {
  command = plan

  variables {
    zones                   = ["eu-central-1a", "eu-central-1b"]
    cidr                    = "10.0.0.0/24"
    flow_log_retention_days = 31
    interface_endpoints     = ["s3"]
  }

  expect_failures = [var.zones, var.cidr, var.flow_log_retention_days, var.interface_endpoints]
}
