{{- /* The name of something of this release: marketmesh.name (list $ "catalog"). */}}
{{- define "marketmesh.name" -}}
{{- printf "%s-%s" (index . 0).Release.Name (index . 1) | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* What a selector may name, which never changes: marketmesh.selector (list $ "catalog"). */}}
{{- define "marketmesh.selector" -}}
app.kubernetes.io/name: marketmesh
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- /* The labels of an object: marketmesh.labels (list $ "catalog"). */}}
{{- define "marketmesh.labels" -}}
{{- $root := index . 0 -}}
{{ include "marketmesh.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: marketmesh
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end }}

{{- /* metadata of an object whose name is its component: marketmesh.metadata (list $ "catalog"). */}}
{{- define "marketmesh.metadata" -}}
name: {{ include "marketmesh.name" . }}
labels: {{- include "marketmesh.labels" . | nindent 2 }}
{{- end }}

{{- /* A value of the environment as text: YAML's numbers are floats here, and 1e+09 is no number of bytes. */}}
{{- define "marketmesh.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ printf "%.0f" . }}{{ else }}{{ toString . }}{{ end }}
{{- end }}
