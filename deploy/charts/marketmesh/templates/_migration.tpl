{{- /*
Whether migrations come as hooks before all else, which is so on every upgrade. At the first installation there may be nothing to
migrate yet: a Postgres of this release, or secrets that are fetched for it, come up with the services. Then they are plain jobs
beside them, which try until the database is there; services are not ready meanwhile.
*/}}
{{- define "marketmesh.migratesFirst" -}}
{{- if not (and .Release.IsInstall (or .Values.postgres.enabled .Values.externalSecrets.enabled)) }}true{{ end }}
{{- end }}

{{- /* Annotations that make an object a hook, lower weights first: marketmesh.hook (list $ "-10"). */}}
{{- define "marketmesh.hook" -}}
{{- if include "marketmesh.migratesFirst" (index . 0) }}
annotations:
  helm.sh/hook: pre-install,pre-upgrade
  helm.sh/hook-weight: {{ index . 1 | quote }}
  helm.sh/hook-delete-policy: before-hook-creation
{{- end }}
{{- end }}
