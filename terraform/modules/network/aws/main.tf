locals {
  # Of a /16: 3 private /19, 3 public /24, 3 database /24, the rest free.
  subnets = {
    for index, zone in var.zones : zone => {
      private  = cidrsubnet(var.cidr, 3, index)
      public   = cidrsubnet(var.cidr, 8, 96 + index)
      database = cidrsubnet(var.cidr, 8, 104 + index)
    }
  }
  nat_zones = var.nat_per_zone ? toset(var.zones) : toset([var.zones[0]])
}

data "aws_region" "current" {}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = { Name = var.name }
}

# The group that AWS makes lets its members talk to each other; without rules nothing that is put in it by mistake can.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-default-closed" }
}

resource "aws_subnet" "private" {
  for_each = local.subnets

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value.private

  map_public_ip_on_launch = false

  tags = {
    Name                              = "${var.name}-private-${each.key}"
    "kubernetes.io/role/internal-elb" = "1"
  }
}

resource "aws_subnet" "public" {
  for_each = local.subnets

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value.public

  # Load balancers and NAT gateways bring addresses of their own.
  map_public_ip_on_launch = false

  tags = {
    Name                     = "${var.name}-public-${each.key}"
    "kubernetes.io/role/elb" = "1"
  }
}

# No route leaves these: a database answers, it does not call.
resource "aws_subnet" "database" {
  for_each = local.subnets

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value.database

  tags = { Name = "${var.name}-database-${each.key}" }
}
