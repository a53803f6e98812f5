{{- /*
The environment of a service that is no secret, as YAML: what follows from this chart, under what `env` says.
marketmesh.config (list $ pod container).
*/}}
{{- define "marketmesh.config" -}}
{{- $root := index . 0 }}
{{- $container := index . 2 }}
{{- $here := dict }}
{{- range (index . 1).containers }}{{ $_ := set $here .service . }}{{ end }}
{{- $places := include "marketmesh.places" $root | fromYaml }}
{{- $scheme := ternary "https" "http" $root.Values.tls.enabled }}
{{- $env := dict "HOST" "0.0.0.0" "PORT" (toString $container.port) "METRICS_PORT" (toString $container.metricsPort) }}
{{- range include "marketmesh.calls" $container | fromYamlArray }}
{{- /* Behind a headless name are pods, so the port is the container's. A service that is elsewhere has the usual one. */}}
{{- $port := (get $places . | default (dict "port" 8080)).port }}
{{- $url := printf "%s://%s:%v" $scheme (include "marketmesh.name" (list $root (printf "%s-headless" .))) $port }}
{{- with get $here . }}{{ $url = printf "%s://localhost:%v" $scheme .port }}{{ end }}
{{- $_ := set $env (printf "MESH_%s_URL" (upper .)) $url }}
{{- end }}
{{- if $root.Values.nats.enabled }}{{ $_ := set $env "EVENTS_REPLICAS" (toString (min 3 ($root.Values.nats.replicas | int))) }}{{ end }}
{{- $otlp := $root.Values.telemetry.otlpEndpoint }}
{{- if $root.Values.telemetry.collector.enabled }}{{ $otlp = printf "http://%s:4318" (include "marketmesh.name" (list $root "otel-collector")) }}{{ end }}
{{- with $otlp }}{{ $_ := set $env "OTEL_EXPORTER_OTLP_ENDPOINT" . }}{{ end }}
{{- /* Prometheus reads them already; from both sides each would be there twice. */}}
{{- if $root.Values.monitoring.podMonitor.enabled }}{{ $_ := set $env "OTEL_METRICS_EXPORTER" "none" }}{{ end }}
{{- if eq $container.service "identity" }}
{{- $_ := set $env "IDENTITY_BOOTSTRAP_FILE" "/etc/marketmesh/identity/bootstrap.json" }}
{{- $_ := set $env "IDENTITY_ERASURE_LIST" "stream" }}
{{- end }}
{{- with $root.Values.tls }}
{{- if .enabled }}
{{- range $key, $file := dict "TLS_CERT_FILE" "tls.crt" "TLS_KEY_FILE" "tls.key" "TLS_CA_FILE" "ca.crt" }}{{ $_ := set $env $key (printf "/etc/marketmesh/tls/%s" $file) }}{{ end }}
{{- if .clientCertificates }}{{ $_ := set $env "TLS_CLIENT_CA_FILE" "/etc/marketmesh/tls/ca.crt" }}{{ end }}
{{- end }}
{{- end }}
{{- range $key, $value := $container.settings.env }}{{ $_ := set $env $key (include "marketmesh.text" $value) }}{{ end }}
{{- toYaml $env }}
{{- end }}

{{- /* The environments of a pod's services, for its checksum: marketmesh.podConfig (list $ pod). */}}
{{- define "marketmesh.podConfig" -}}
{{- $root := index . 0 }}
{{- $pod := index . 1 }}
{{- range $pod.containers }}
{{ include "marketmesh.config" (list $root $pod .) }}
{{- end }}
{{- end }}
