output "version" {
  description = "Version of the services that run."
  value       = var.image_version
  depends_on  = [helm_release.this]
}

output "endpoints" {
  description = "Addresses of the mesh from outside; null without a gateway."
  value       = var.domain == null ? null : { http = "https://api.${var.domain}", grpc = "https://grpc.${var.domain}" }
}

output "values" {
  description = "The chart's values as this module makes them, YAML, before `values`: what `helm template` can be asked about."
  value       = yamlencode(merge(local.values, local.postgres, local.secrets, local.gateway))
}
