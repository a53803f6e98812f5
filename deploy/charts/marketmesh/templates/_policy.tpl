{{- /* What every pod needs: names. */}}
{{- define "marketmesh.dnsEgress" -}}
- to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } } }]
  ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }]
{{- end }}

{{- /* To Postgres: that of this release, or the peers that are named; without any, to its port anywhere. */}}
{{- define "marketmesh.postgresEgress" -}}
- {{- with .Values.networkPolicy.postgres }}
  to: {{- toYaml . | nindent 4 }}
  {{- else }}
  {{- if .Values.postgres.enabled }}
  to: [{ podSelector: { matchLabels: { cnpg.io/cluster: {{ include "marketmesh.name" (list . "postgres") }} } } }]
  {{- end }}
  {{- end }}
  ports: [{ port: {{ .Values.postgres.port | int }} }]
{{- end }}

{{- /* To NATS, in the same way. */}}
{{- define "marketmesh.natsEgress" -}}
- {{- with .Values.networkPolicy.nats }}
  to: {{- toYaml . | nindent 4 }}
  {{- else }}
  {{- if .Values.nats.enabled }}
  to: [{ podSelector: { matchLabels: {{ include "marketmesh.selector" (list . "nats") | fromYaml | toJson }} } }]
  {{- end }}
  {{- end }}
  ports: [{ port: 4222 }]
{{- end }}

{{- /* Pods of this release by name: marketmesh.peers (list $ (list "catalog" "scoring")). */}}
{{- define "marketmesh.peers" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: marketmesh
      app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
    matchExpressions:
      - { key: app.kubernetes.io/component, operator: In, values: [{{ index . 1 | uniq | sortAlpha | join ", " }}] }
{{- end }}

{{- /* The pods that call a service: marketmesh.callers (list pods "catalog"), names separated by commas. */}}
{{- define "marketmesh.callers" -}}
{{- $service := index . 1 }}
{{- $callers := list }}
{{- range $name, $pod := index . 0 }}
{{- range $pod.containers }}{{ if has $service (include "marketmesh.calls" . | fromYamlArray) }}{{ $callers = append $callers $name }}{{ end }}{{ end }}
{{- end }}
{{- $callers | uniq | sortAlpha | join "," }}
{{- end }}
