{{- /*
Whether a service's migration comes as a hook before all else ("hook") or as a plain job beside the services ("beside"), which tries
until its database is there while they are alive and not ready: marketmesh.migrates (list $ container).

A hook runs before this release's objects are made. So where the release brings Postgres or secrets, a service's migration can be one
only once its secret and its database are there: not at the first installation, and not in the upgrade that adds the service. Without
a cluster to look into (`helm template`, a plain dry run, some GitOps tools) nothing is there; `migrations.asHook` then decides.
*/}}
{{- define "marketmesh.migrates" -}}
{{- $root := index . 0 }}
{{- $container := index . 1 }}
{{- $asHook := $root.Values.migrations.asHook }}
{{- $there := true }}
{{- if or $root.Values.postgres.enabled $root.Values.externalSecrets.enabled }}
{{- $there = and $root.Release.IsUpgrade (lookup "v1" "Secret" $root.Release.Namespace (include "marketmesh.secretName" .)) }}
{{- if and $there $root.Values.postgres.enabled }}
{{- $database := include "marketmesh.name" (list $root (printf "%s-database" $container.service)) }}
{{- $there = lookup "postgresql.cnpg.io/v1" "Database" $root.Release.Namespace $database }}
{{- end }}
{{- end }}
{{- if eq $asHook "always" }}hook{{ else if eq $asHook "never" }}beside{{ else }}{{ ternary "hook" "beside" (not (empty $there)) }}{{ end }}
{{- end }}

{{- /*
The services by how they migrate, as YAML: hook: [catalog, …], beside: [scoring]. Those of a kind share an account and a policy, whose
names differ: helm deletes a plain object that became a hook, and jobs of both kinds may run at once.
*/}}
{{- define "marketmesh.migrations" -}}
{{- $kinds := dict }}
{{- range $name, $pod := include "marketmesh.pods" . | fromYaml }}
{{- range $container := $pod.containers }}
{{- $kind := include "marketmesh.migrates" (list $ $container) }}
{{- $_ := set $kinds $kind (append (get $kinds $kind | default list) $container.service) }}
{{- end }}
{{- end }}
{{- toYaml $kinds }}
{{- end }}

{{- /* What tells names of a kind apart: marketmesh.migrateName "hook". */}}
{{- define "marketmesh.migrateName" -}}
{{- ternary "migrate" "migrate-beside" (eq . "hook") }}
{{- end }}

{{- /* Annotations that make an object a hook, lower weights first: marketmesh.hook (list kind "-10"). */}}
{{- define "marketmesh.hook" -}}
{{- if eq (index . 0) "hook" }}
annotations:
  helm.sh/hook: pre-install,pre-upgrade
  helm.sh/hook-weight: {{ index . 1 | quote }}
  helm.sh/hook-delete-policy: before-hook-creation
{{- end }}
{{- end }}
