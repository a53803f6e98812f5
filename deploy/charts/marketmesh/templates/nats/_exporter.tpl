{{- /*
What Prometheus can read of a node, beside it: nats-server tells of itself as JSON only. Without -prefix its names are gnatsd_varz_… and
jetstream_…, which deploy/rules ask for.
*/}}
{{- define "marketmesh.natsExporter" -}}
{{- with .Values.nats.exporter }}
{{- if .enabled }}
- name: exporter
  image: {{ .image }}
  imagePullPolicy: {{ $.Values.image.pullPolicy }}
  args: [-port=7777, -varz, -jsz=all, -use_internal_server_id, http://localhost:8222]
  ports:
    - { name: metrics, containerPort: 7777 }
  resources: {{- include "marketmesh.resources" . | nindent 4 }}
  startupProbe: { tcpSocket: { port: metrics }, periodSeconds: 5, failureThreshold: 60 }
  readinessProbe: { tcpSocket: { port: metrics }, periodSeconds: 10, timeoutSeconds: 5 }
  livenessProbe: { tcpSocket: { port: metrics }, periodSeconds: 30, timeoutSeconds: 5 }
  securityContext: {{- include "marketmesh.containerSecurity" $ | nindent 4 }}
  volumeMounts:
    - { name: tmp, mountPath: /tmp }
{{- end }}
{{- end }}
{{- end }}
