{{- /*
What runs, as YAML: pods by name, each with its settings and its containers, one per service. A service is in a pod of its own
unless `pods` groups it with others. Everything below loops over this.

  catalog:
    settings: {…defaults, deeply merged with services.catalog}
    containers:
      - { service: catalog, port: 8080, metricsPort: 9090, settings: {…}, facts: {calls, works, …} }
*/}}
{{- define "marketmesh.pods" -}}
{{- $facts := .Files.Get "files/services.yaml" | fromYaml }}
{{- $defaults := .Values.defaults }}
{{- $settings := dict }}
{{- range $service, $own := .Values.services }}
{{- $merged := mergeOverwrite (deepCopy $defaults) (deepCopy ($own | default dict)) }}
{{- if $merged.enabled }}{{ $_ := set $settings $service $merged }}{{ end }}
{{- end }}
{{- $pods := dict }}
{{- $grouped := dict }}
{{- range $name, $group := .Values.pods }}
{{- $containers := list }}
{{- range $at, $service := $group.services }}
{{- if hasKey $grouped $service }}{{ fail (printf "pods: %s is in two pods" $service) }}{{ end }}
{{- $_ := set $grouped $service $name }}
{{- $own := get $settings $service | required (printf "pods.%s: there is no enabled service %s" $name $service) }}
{{- $containers = append $containers (dict "service" $service "port" (add 8080 $at) "metricsPort" (add 9090 $at) "settings" $own "facts" (get $facts $service)) }}
{{- end }}
{{- $_ := set $pods $name (dict "settings" (mergeOverwrite (deepCopy $defaults) (omit (deepCopy $group) "services")) "containers" $containers) }}
{{- end }}
{{- range $service, $own := $settings }}
{{- if not (hasKey $grouped $service) }}
{{- if hasKey $pods $service }}{{ fail (printf "pods: %s is the name of a service that is not in it" $service) }}{{ end }}
{{- $_ := set $pods $service (dict "settings" $own "containers" (list (dict "service" $service "port" 8080 "metricsPort" 9090 "settings" $own "facts" (get $facts $service)))) }}
{{- end }}
{{- end }}
{{- toYaml $pods }}
{{- end }}

{{- /* The services that a service calls, identity first, as YAML: marketmesh.calls (container). */}}
{{- define "marketmesh.calls" -}}
{{- $calls := .facts.calls | default list }}
{{- if and (ne .service "identity") (not (has "identity" $calls)) }}{{ $calls = prepend $calls "identity" }}{{ end }}
{{- toYaml $calls }}
{{- end }}

{{- /* Where each service runs, as YAML: service → {pod, port, metricsPort}. */}}
{{- define "marketmesh.places" -}}
{{- $places := dict }}
{{- range $pod, $of := include "marketmesh.pods" . | fromYaml }}
{{- range $of.containers }}{{ $_ := set $places .service (dict "pod" $pod "port" .port "metricsPort" .metricsPort) }}{{ end }}
{{- end }}
{{- toYaml $places }}
{{- end }}

{{- /* How many replicas a pod has at least; empty when one: marketmesh.several (settings). */}}
{{- define "marketmesh.several" -}}
{{- $least := ternary .autoscaling.minReplicas .replicas .autoscaling.enabled | int }}
{{- if gt $least 1 }}{{ $least }}{{ end }}
{{- end }}

{{- /* A port's name, 15 characters at most; in a pod of several services each has its own: marketmesh.portName (list pod "rpc" "catalog"). */}}
{{- define "marketmesh.portName" -}}
{{- if eq (len (index . 0).containers) 1 }}{{ index . 1 }}{{ else }}{{ printf "%s-%s" (substr 0 1 (index . 1)) (index . 2) | trunc 15 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- /* The name of a service's secret: marketmesh.secretName (list $ container). */}}
{{- define "marketmesh.secretName" -}}
{{- $own := (index . 1).settings.existingSecret }}
{{- $own | default (include "marketmesh.name" (list (index . 0) (index . 1).service)) }}
{{- end }}
