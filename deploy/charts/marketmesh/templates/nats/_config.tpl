{{- /* nats.conf. One user, whose password comes from a secret; health and metrics on 8222. */}}
{{- define "marketmesh.natsConfig" -}}
{{- $name := include "marketmesh.name" (list . "nats") }}
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
  name: {{ $name }}
  port: 6222
  routes = [
    {{- range until (.Values.nats.replicas | int) }}
    nats-route://{{ $name }}-{{ . }}.{{ $name }}-headless:6222
    {{- end }}
  ]
}
{{- end }}
{{- end }}
