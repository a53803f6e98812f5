{{- /* The pod template of one pod: marketmesh.podTemplate (dict "root" $ "name" name "pod" pod "track" "stable" "tag" ""). */}}
{{- define "marketmesh.podTemplate" -}}
{{- $root := .root }}
{{- $name := .name }}
{{- $pod := .pod }}
{{- $track := .track }}
{{- $tag := .tag }}
metadata:
  labels:
    {{- include "marketmesh.labels" (list $root $name) | nindent 4 }}
    track: {{ $track }}
    {{- with $pod.settings.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    # A change of configuration rolls the pods.
    checksum/config: {{ include "marketmesh.podConfig" (list $root $pod) | sha256sum }}
    {{- with $pod.settings.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "marketmesh.name" (list $root $name) }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  # The pause before SIGTERM, 25 s in which a service has ended by itself, and 5 s in hand.
  terminationGracePeriodSeconds: {{ add ($pod.settings.preStopSeconds | int) 30 }}
  securityContext: {{- include "marketmesh.podSecurity" . | nindent 4 }}
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.settings.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $pod.settings.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.settings.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- include "marketmesh.placement" (dict "settings" $pod.settings "selector" (include "marketmesh.selector" (list $root $name))) | nindent 2 }}
  containers:
    {{- range $pod.containers }}
    {{- $container := include "marketmesh.container" (dict "root" $root "pod" $pod "container" . "tag" $tag) }}
    - {{- $container | nindent 6 }}
    {{- end }}
  volumes:
    - { name: tmp, emptyDir: { sizeLimit: 64Mi } }
    {{- include "marketmesh.postgresCaVolume" $root | nindent 4 }}
    {{- range $pod.containers }}
    {{- if eq .service "identity" }}
    - name: bootstrap
      secret:
        secretName: {{ include "marketmesh.secretName" (list $root .) }}
        defaultMode: 0440
        items: [{ key: bootstrap.json, path: bootstrap.json }]
    {{- end }}
    {{- if $root.Values.tls.enabled }}
    - name: tls-{{ .service }}
      secret: { secretName: {{ include "marketmesh.name" (list $root (printf "%s-tls" .service)) }}, defaultMode: 0440 }
    {{- end }}
    {{- include "marketmesh.extraVolumes" . | nindent 4 }}
    {{- end }}
{{- end }}

{{- /* Over zones and hosts: marketmesh.placement (dict "settings" settings "selector" labels). */}}
{{- define "marketmesh.placement" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: {{ .settings.spread.zone }}
    labelSelector: { matchLabels: {{ .selector | fromYaml | toJson }} }
    matchLabelKeys: [pod-template-hash]
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: {{ .settings.spread.host }}
    labelSelector: { matchLabels: {{ .selector | fromYaml | toJson }} }
    matchLabelKeys: [pod-template-hash]
{{- if eq .settings.antiAffinity "required" }}
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector: { matchLabels: {{ .selector | fromYaml | toJson }} }
{{- else if eq .settings.antiAffinity "preferred" }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector: { matchLabels: {{ .selector | fromYaml | toJson }} }
{{- end }}
{{- end }}
