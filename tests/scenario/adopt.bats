#!/usr/bin/env bats
# Objects that were there before us become ours, with all that their earlier manager owned.

setup_file() { load support; start_clusters; forget production; create tokyo-cluster /api/v1/namespaces '{"metadata": {"name": "production"}}'; }
setup() { load support; in_own_folder; maps=/api/v1/namespaces/production/configmaps; }

# theirs NAME: a ConfigMap as kubectl apply writes it.
theirs() {
  api tokyo-cluster "$maps?fieldManager=kubectl-client-side-apply" -X POST -H 'Content-Type: application/json' \
    -d "{\"metadata\": {\"name\": \"$1\", \"labels\": {\"app\": \"web\", \"old\": \"x\"}, \"annotations\": {\"kubectl.kubernetes.io/last-applied-configuration\": \"{}\"}}, \"data\": {\"a\": \"1\", \"dropped\": \"2\"}}" >/dev/null
}

ours() { printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: production, labels: {app: web}}\ndata: {a: "1"}\n' "$1"; }

@test "--adopt takes the earlier manager's fields over: the plan shows which go, apply does just that" {
  theirs settings
  meddle tokyo-cluster $maps/settings '{"data": {"somebodys": "3"}}'
  uid=$(value tokyo-cluster $maps/settings .metadata.uid)
  ours settings >settings.yaml
  run fedctl plan -f settings.yaml --contexts tokyo-cluster
  exits 4
  run fedctl plan -f settings.yaml --contexts tokyo-cluster --adopt
  exits 0
  says "data.dropped: 2 -> (none)"
  says "metadata.labels.old: x -> (none)"
  says_not "somebodys"
  says_not "data.a"
  run fedctl apply -f settings.yaml --contexts tokyo-cluster --adopt --yes
  exits 0
  [ "$(value tokyo-cluster $maps/settings '.data | keys | join(" ")')" = "a somebodys" ]
  [ "$(value tokyo-cluster $maps/settings .metadata.uid)" = "$uid" ]
  [ "$(value tokyo-cluster $maps/settings '[.metadata.managedFields[].manager] | sort | join(" ")')" = "fedctl somebody" ]
  # What leaves the input from now on leaves the cluster.
  sed -i 's/labels: {app: web}/labels: {app: web, new: added}/' settings.yaml
  fedctl apply -f settings.yaml --contexts tokyo-cluster --yes >/dev/null
  ours settings >settings.yaml
  fedctl apply -f settings.yaml --contexts tokyo-cluster --yes >/dev/null
  [ "$(value tokyo-cluster $maps/settings .metadata.labels.new)" = null ]
  run fedctl plan -f settings.yaml --contexts tokyo-cluster --detailed-exitcode
  exits 0
}

@test "killed between taking over and writing, the same apply goes on" {
  theirs halfway
  ours halfway >halfway.yaml
  for i in $(seq 8); do
    "$FEDCTL" apply -f halfway.yaml --contexts tokyo-cluster --adopt --yes >/dev/null 2>&1 3>&- &
    victim=$!
    sleep "0.0$((i * 10))"
    kill -9 $victim 2>/dev/null || true
    wait $victim 2>/dev/null || true
  done
  run fedctl apply -f halfway.yaml --contexts tokyo-cluster --adopt --yes
  exits 0
  [ "$(value tokyo-cluster $maps/halfway '.data | keys | join(" ")')" = a ]
}
