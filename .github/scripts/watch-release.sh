#!/usr/bin/env bash
# Watches a release for MINUTES: fails as soon as a page fires that did not before, or when nobody can tell. With 0 minutes it
# prints what fires now, one alert a line, for the file that BEFORE names later.
# PROMETHEUS: namespace/service:port.
set -euo pipefail
minutes="$1"
before="${BEFORE:-/dev/null}"
namespace="${PROMETHEUS%%/*}"
service="${PROMETHEUS#*/}"

kubectl port-forward --namespace "$namespace" "service/${service%:*}" "9091:${service##*:}" > /dev/null &
trap 'kill %1' EXIT
curl --silent --fail --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:9091/-/ready > /dev/null

pages() {
  curl --silent --fail --max-time 20 --data-urlencode 'query=ALERTS{alertstate="firing",severity="page"}' \
    http://127.0.0.1:9091/api/v1/query | jq -r '.data.result[].metric | "\(.alertname) \(.job // "")"' | sort -u
}

# No page fires where no rule is looked at: that must not pass for health.
groups="$(curl --silent --fail --max-time 20 http://127.0.0.1:9091/api/v1/rules |
  jq '[.data.groups[].name | select(startswith("marketmesh-"))] | length')"
if ((groups == 0)); then
  echo "$PROMETHEUS has no rule group of marketmesh: monitoring.rules.enabled, and labels that its Prometheus chooses by" >&2
  exit 1
fi

if ((minutes == 0)); then
  pages
  exit
fi
for ((minute = 0; minute < minutes; minute++)); do
  fired="$(pages)"
  new="$(comm -13 "$before" - <<< "$fired")"
  if [[ -n "$new" ]]; then
    printf 'fires after %s minutes:\n%s\n' "$minute" "$new"
    exit 1
  fi
  sleep 60
done
