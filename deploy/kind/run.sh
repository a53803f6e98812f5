#!/bin/sh
# Takes a fresh kind cluster to the running mesh and runs the main job against it: images, Postgres, secrets, the chart, the job.
# Where kind, docker, kubectl or helm is absent it says so and leaves it at that. The cluster stays, to look at.
set -eu

cd "$(dirname "$0")/../.."
cluster=${KIND_CLUSTER:-marketmesh}
namespace=mesh
release=marketmesh
state=${MARKETMESH_STATE_DIR:-.marketmesh}/kind
services='identity catalog eligibility scoring allocation fulfillment'

for tool in kind docker kubectl helm node; do
  if ! command -v "$tool" >/dev/null 2>&1; then
    echo "SKIPPED: $tool is not installed; this needs kind, docker, kubectl and helm (3.18 or newer)"
    exit 0
  fi
done
if ! docker info >/dev/null 2>&1; then
  echo 'SKIPPED: no docker daemon answers'
  exit 0
fi

version=$(node -p 'require("./package.json").version')
# Versions of helm have different words for it.
case $(helm version --template '{{.Version}}') in
  v3.*) back=--atomic ;;
  *) back=--rollback-on-failure ;;
esac

say() { printf '\n== %s\n' "$1"; }

# Nobody else's cluster is touched, whatever kubectl's configuration says.
in_cluster() { kubectl --context "kind-$cluster" --namespace "$namespace" "$@"; }

say "a fresh cluster: $cluster"
kind delete cluster --name "$cluster" >/dev/null 2>&1 || true
rm -rf "$state"
mkdir -p "$state"
chmod 700 "$state"
kind create cluster --name "$cluster" --config deploy/kind/cluster.yaml --wait 180s

say "images of $version"
npm run --silent image -- all
npm run --silent image -- cli
for service in $services cli; do
  kind load docker-image "marketmesh/$service:$version" --name "$cluster"
done

say 'secrets'
node packages/cli/bin/marketmesh.mjs secrets "$state/secrets" --release "$release" \
  --database-host postgres --database-parameters sslmode=disable
# The database's own administrator, for its image.
mkdir -p "$state/secrets/$release-databases"
mv "$state/secrets/databases.sql" "$state/secrets/$release-databases/databases.sql"
(umask 077 && node -p 'crypto.randomBytes(24).toString("base64url")' >"$state/secrets/$release-databases/password")
kubectl --context "kind-$cluster" create namespace "$namespace"
in_cluster apply --kustomize "$state/secrets"
for secret in databases operator; do
  in_cluster create secret generic "$release-$secret" --from-file="$state/secrets/$release-$secret"
done

say 'Postgres'
in_cluster apply --filename deploy/kind/postgres.yaml
in_cluster rollout status statefulset/postgres --timeout 5m

say 'the mesh'
helm upgrade --install "$release" deploy/charts/marketmesh --kube-context "kind-$cluster" --namespace "$namespace" \
  --values deploy/kind/values.yaml --wait "$back" --timeout 15m
in_cluster get pods

say 'the main job'
sed "s/VERSION/$version/" deploy/kind/main-job.yaml | in_cluster apply --filename -
in_cluster logs --follow --pod-running-timeout 5m job/main-job
in_cluster wait --for condition=Complete job/main-job --timeout 1m

say 'done'
in_cluster get pods
echo "look around:  kubectl --context kind-$cluster --namespace $namespace get all"
echo "take it down: kind delete cluster --name $cluster"
