variable "name" {
  description = "Prefix of every object's name, for example `marketmesh-prod`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 24 lower case letters, digits and dashes, and start with a letter."
  }
}

variable "project" {
  description = "Project that everything is made in."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project must be a project id."
  }
}


variable "region" {
  description = "Region, for example `europe-west3`."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.region))
    error_message = "region must be a Google Cloud region such as `europe-west3`."
  }
}


variable "cidr" {
  description = "Address range of nodes and internal load balancers. A regional subnet spans every zone."
  type        = string
  default     = "10.64.0.0/20"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && try(tonumber(split("/", var.cidr)[1]) <= 22, false)
    error_message = "cidr must be an IPv4 range of /22 or wider."
  }
}

variable "pods_cidr" {
  description = "Address range of pods: a /24 of it goes to each node."
  type        = string
  default     = "10.80.0.0/14"

  validation {
    condition     = can(cidrhost(var.pods_cidr, 0)) && try(tonumber(split("/", var.pods_cidr)[1]) <= 17, false)
    error_message = "pods_cidr must be an IPv4 range of /17 or wider."
  }
}

variable "services_cidr" {
  description = "Address range of Kubernetes services."
  type        = string
  default     = "10.84.0.0/20"

  validation {
    condition     = can(cidrhost(var.services_cidr, 0))
    error_message = "services_cidr must be an IPv4 range."
  }
}

variable "managed_services_cidr" {
  description = "Address range that Google's managed services (Cloud SQL) take addresses from."
  type        = string
  default     = "10.85.0.0/20"

  validation {
    condition     = can(cidrhost(var.managed_services_cidr, 0)) && try(tonumber(split("/", var.managed_services_cidr)[1]) <= 24, false)
    error_message = "managed_services_cidr must be an IPv4 range of /24 or wider."
  }
}

variable "nat_addresses" {
  description = "Reserved addresses that calls to the internet come from: 64,512 connections each."
  type        = number
  default     = 2

  validation {
    condition     = var.nat_addresses >= 1 && var.nat_addresses <= 16
    error_message = "nat_addresses must be from 1 to 16."
  }
}

variable "flow_log_sampling" {
  description = "Part of the connections that flow logs record, from 0 (none) to 1."
  type        = number
  default     = 0.5

  validation {
    condition     = var.flow_log_sampling >= 0 && var.flow_log_sampling <= 1
    error_message = "flow_log_sampling must be from 0 to 1."
  }
}
