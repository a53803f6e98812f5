variable "name" {
  description = "Prefix of the bucket's name."
  type        = string
  default     = "marketmesh"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower case letters, digits and dashes, and start with a letter."
  }
}

variable "region" {
  description = "Region of the bucket, for example `eu-central-1`."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region such as `eu-central-1`."
  }
}
