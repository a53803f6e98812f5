variable "name" {
  description = "Prefix of every object's name, for example `marketmesh-prod`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower case letters, digits and dashes, and start with a letter."
  }
}

variable "cidr" {
  description = "Address range of the network. Pods take addresses from the private subnets: a /16 has room for 3 x 8,190 of them."
  type        = string
  default     = "10.64.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 20, false)
    error_message = "cidr must be an IPv4 range from /16 to /20."
  }
}

variable "zones" {
  description = "The three availability zones to spread over, for example `[\"eu-central-1a\", \"eu-central-1b\", \"eu-central-1c\"]`."
  type        = list(string)

  validation {
    condition     = length(distinct(var.zones)) == 3 && length(var.zones) == 3
    error_message = "zones must name three different zones: a quorum of three needs one each."
  }
}

variable "nat_per_zone" {
  description = "A NAT gateway in each zone instead of one for all. One is cheaper, and its zone's failure cuts every pod from the internet."
  type        = bool
  default     = true
}

variable "flow_log_retention_days" {
  description = "Days that flow logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.flow_log_retention_days)
    error_message = "flow_log_retention_days must be a period that CloudWatch knows, such as 7, 30, 90 or 365."
  }
}

variable "interface_endpoints" {
  description = "AWS services reached without leaving the network. Each costs by the hour and zone, and spares NAT traffic."
  type        = set(string)
  default     = ["ecr.api", "ecr.dkr", "eks-auth", "kms", "logs", "secretsmanager", "sts"]

  validation {
    condition     = alltrue([for service in var.interface_endpoints : can(regex("^[a-z0-9.-]+$", service)) && !contains(["s3", "dynamodb"], service)])
    error_message = "interface_endpoints must be service names such as `sts`; S3 has a gateway endpoint in any case."
  }
}

variable "kms_key_arn" {
  description = "KMS key that flow logs are encrypted with; null for CloudWatch's own."
  type        = string
  default     = null
}
