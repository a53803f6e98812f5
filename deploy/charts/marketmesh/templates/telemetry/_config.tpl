{{- /* The collector's configuration: OTLP in, batches out to `exporters`; memory is bounded before all else. */}}
{{- define "marketmesh.collectorConfig" -}}
{{- $exporters := .Values.telemetry.collector.exporters }}
{{- if not $exporters }}{{ fail "telemetry.collector.exporters: where the collector sends, for example {otlp: {endpoint: tempo.monitoring:4317}}" }}{{ end }}
extensions:
  health_check: { endpoint: 0.0.0.0:13133 }
receivers:
  otlp:
    protocols:
      grpc: { endpoint: 0.0.0.0:4317 }
      http: { endpoint: 0.0.0.0:4318 }
processors:
  memory_limiter: { check_interval: 1s, limit_percentage: 75, spike_limit_percentage: 20 }
  batch: { send_batch_size: 2048, send_batch_max_size: 4096, timeout: 1s }
exporters: {{- toYaml $exporters | nindent 2 }}
service:
  extensions: [health_check]
  telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: 0.0.0.0, port: 8888 } } } }] } }
  pipelines:
    traces: { receivers: [otlp], processors: [memory_limiter, batch], exporters: [{{ keys $exporters | sortAlpha | join ", " }}] }
    metrics: { receivers: [otlp], processors: [memory_limiter, batch], exporters: [{{ keys $exporters | sortAlpha | join ", " }}] }
{{- end }}
