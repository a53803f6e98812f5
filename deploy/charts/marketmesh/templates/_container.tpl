{{- /* The image of a service: marketmesh.image (list $ container tag). An empty tag is the service's or the chart's. */}}
{{- define "marketmesh.image" -}}
{{- $root := index . 0 }}
{{- $container := index . 1 }}
{{- $tag := index . 2 | default $container.settings.tag | default $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- $image := printf "%s/%s:%s" $root.Values.image.repository $container.service $tag }}
{{- with $container.settings.digest }}{{ if not (index $ 2) }}{{ $image = printf "%s@%s" $image . }}{{ end }}{{ end }}
{{- $image }}
{{- end }}

{{- /* What each container may do, which is nothing but compute. */}}
{{- define "marketmesh.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- /* Who a pod's processes are. */}}
{{- define "marketmesh.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- /* Requests and limits; memory's are one, or the kernel would choose what to end: marketmesh.resources (anything with cpu and memory). */}}
{{- define "marketmesh.resources" -}}
requests: { cpu: {{ .cpu.request | quote }}, memory: {{ .memory | quote }} }
limits: { cpu: {{ .cpu.limit | quote }}, memory: {{ .memory | quote }} }
{{- end }}

{{- /* One variable from a key of the service's secret: marketmesh.secretEnv (list secretName "DATABASE_URL" "database-url"). */}}
{{- define "marketmesh.secretEnv" -}}
- name: {{ index . 1 }}
  valueFrom: { secretKeyRef: { name: {{ index . 0 }}, key: {{ index . 2 }} } }
{{- end }}

{{- /* One service as a container: marketmesh.container (dict "root" $ "pod" pod "container" container "tag" ""). */}}
{{- define "marketmesh.container" -}}
{{- $root := .root }}
{{- $pod := .pod }}
{{- $container := .container }}
{{- $secret := include "marketmesh.secretName" (list $root $container) }}
name: {{ $container.service }}
image: {{ include "marketmesh.image" (list $root $container .tag) }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
ports:
  - { name: {{ include "marketmesh.portName" (list $pod "rpc" $container.service) }}, containerPort: {{ $container.port }} }
  - { name: {{ include "marketmesh.portName" (list $pod "metrics" $container.service) }}, containerPort: {{ $container.metricsPort }} }
envFrom:
  - configMapRef: { name: {{ include "marketmesh.name" (list $root $container.service) }} }
env:
  {{- include "marketmesh.secretEnv" (list $secret "DATABASE_URL" "database-url") | nindent 2 }}
  {{- include "marketmesh.secretEnv" (list $secret "DATABASE_BACKGROUND_URL" "database-background-url") | nindent 2 }}
  - name: DATABASE_READ_URL
    valueFrom: { secretKeyRef: { name: {{ $secret }}, key: database-read-url, optional: true } }
  {{- include "marketmesh.secretEnv" (list $secret "NATS_URL" "nats-url") | nindent 2 }}
  {{- include "marketmesh.secretEnv" (list $secret "SERVICE_KEY" "service-key") | nindent 2 }}
  {{- if eq $container.service "identity" }}
  {{- include "marketmesh.secretEnv" (list $secret "IDENTITY_MASTER_KEY" "master-key") | nindent 2 }}
  {{- end }}
  - name: POD_NAME
    valueFrom: { fieldRef: { fieldPath: metadata.name } }
  - name: OTEL_RESOURCE_ATTRIBUTES
    value: service.namespace={{ $root.Release.Name }},service.instance.id=$(POD_NAME),k8s.namespace.name={{ $root.Release.Namespace }},k8s.pod.name=$(POD_NAME)
resources: {{- include "marketmesh.resources" $container.settings | nindent 2 }}
{{- include "marketmesh.probes" . }}
lifecycle:
  # Endpoints forget the pod in this time; its process hears of its end only afterwards.
  preStop: { sleep: { seconds: {{ $pod.settings.preStopSeconds | int }} } }
securityContext: {{- include "marketmesh.containerSecurity" . | nindent 2 }}
volumeMounts:
  - { name: tmp, mountPath: /tmp }
  {{- if eq $container.service "identity" }}
  - { name: bootstrap, mountPath: /etc/marketmesh/identity, readOnly: true }
  {{- end }}
  {{- include "marketmesh.postgresCaMount" $root | nindent 2 }}
  {{- if $root.Values.tls.enabled }}
  - { name: tls-{{ $container.service }}, mountPath: /etc/marketmesh/tls, readOnly: true }
  {{- end }}
  {{- include "marketmesh.extraMounts" $container | nindent 2 }}
{{- end }}

{{- /*
Started once the process is alive, so that an index may take its time to get ready. With TLS of its own a service is asked on the
metrics port, because the kubelet has no certificate; so it is under Linkerd, which lets probes through by their HTTP path.
*/}}
{{- define "marketmesh.probes" -}}
{{- $alive := printf "grpc: { port: %d, service: liveness }" (.container.port | int) }}
{{- $ready := printf "grpc: { port: %d, service: readiness }" (.container.port | int) }}
{{- if or .root.Values.tls.enabled (eq .root.Values.meshPolicy "linkerd") }}
{{- $alive = printf "httpGet: { port: %d, path: /livez }" (.container.metricsPort | int) }}
{{- $ready = printf "httpGet: { port: %d, path: /readyz }" (.container.metricsPort | int) }}
{{- end }}
startupProbe:
  {{ $alive }}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: {{ div (.pod.settings.startupSeconds | int) 2 }}
readinessProbe:
  {{ $ready }}
  periodSeconds: 5
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  {{ $alive }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{- /* The secret with Postgres' authority, ca.crt: that of this release's cluster, or the one that is named; empty for none. */}}
{{- define "marketmesh.postgresCa" -}}
{{- .Values.postgres.caSecret | default (ternary (include "marketmesh.name" (list . "postgres-ca")) "" .Values.postgres.enabled) }}
{{- end }}

{{- define "marketmesh.postgresCaMount" -}}
{{- if include "marketmesh.postgresCa" . }}
- { name: postgres-ca, mountPath: /etc/marketmesh/postgres, readOnly: true }
{{- end }}
{{- end }}

{{- define "marketmesh.postgresCaVolume" -}}
{{- with include "marketmesh.postgresCa" . }}
- name: postgres-ca
  secret: { secretName: {{ . }}, defaultMode: 0440, items: [{ key: ca.crt, path: ca.crt }] }
{{- end }}
{{- end }}

{{- /* A service's own volumes, by names that no other service of its pod has; what is mounted of them is only read. */}}
{{- define "marketmesh.extraVolumes" -}}
{{- $service := .service }}
{{- range .settings.extraVolumes }}
- {{- set (deepCopy .) "name" (printf "%s-%s" $service .name | trunc 63) | toYaml | nindent 2 }}
{{- end }}
{{- end }}

{{- define "marketmesh.extraMounts" -}}
{{- $service := .service }}
{{- range .settings.extraVolumeMounts }}
- {{- set (set (deepCopy .) "name" (printf "%s-%s" $service .name | trunc 63)) "readOnly" true | toYaml | nindent 2 }}
{{- end }}
{{- end }}
