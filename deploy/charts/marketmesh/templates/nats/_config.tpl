{{- /* nats.conf. One user, whose password comes from a secret; health and metrics on 8222. */}}
{{- define "marketmesh.natsConfig" -}}
port: 4222
http_port: 8222
lame_duck_duration: 30s
lame_duck_grace_period: 5s
max_payload: 4MB

jetstream {
  store_dir: /data
  max_memory_store: 64MB
  {{- /* Room that the disk still has when all streams are full. */}}
  max_file_store: {{ .Values.nats.storage.maxBytes }}
}

authorization {
  user: marketmesh
  password: $NATS_PASSWORD
}
{{- if gt (.Values.nats.replicas | int) 1 }}

cluster {
  name: {{ include "marketmesh.name" (list . "nats") }}
  port: 6222
  # Who knows the password is a node; a route is a variable, because a server replaces no password within a text.
  authorization {
    user: route
    password: $NATS_PASSWORD
  }
  routes = [
    {{- range until (.Values.nats.replicas | int) }}
    $NATS_ROUTE_{{ . }}
    {{- end }}
  ]
}
{{- end }}
{{- end }}

{{- /* The environment that nats.conf reads: the password, and the nodes' routes with it, which the kubelet puts in. */}}
{{- define "marketmesh.natsEnv" -}}
{{- $name := include "marketmesh.name" (list . "nats") }}
{{- include "marketmesh.secretEnv" (list (.Values.nats.existingSecret | default $name) "NATS_PASSWORD" "password") }}
{{- if gt (.Values.nats.replicas | int) 1 }}
{{- range until (.Values.nats.replicas | int) }}
- name: NATS_ROUTE_{{ . }}
  value: nats-route://route:$(NATS_PASSWORD)@{{ $name }}-{{ . }}.{{ $name }}-headless:6222
{{- end }}
{{- end }}
{{- end }}
