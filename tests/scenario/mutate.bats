#!/usr/bin/env bats
# Answers that are right but for one value, over and over: no signal, no hang, no bug told to the user, and nothing of others is touched.
# A proxy before a real API server spoils about a third of the answers (mutate.py). SEEDS sets others: SEEDS="100 101" bats mutate.bats

setup_file() {
  load support
  start_clusters
  cd "$BATS_FILE_TMPDIR" || return
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: mutate}\n' >namespace.yaml
  cat >input.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: ours, namespace: mutate}
data: {a: b}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: mutate}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "registry.example.com/web:1"}]}}
YAML
  fedctl apply -f namespace.yaml -f input.yaml --contexts tokyo-cluster --yes
  create tokyo-cluster /api/v1/namespaces/mutate/configmaps '{"metadata": {"name": "of-somebody-else"}, "data": {"precious": "yes"}}'
}
setup() {
  load support
  in_own_folder
  cp "$BATS_FILE_TMPDIR"/*.yaml .
  seeds=${SEEDS:-$(seq 1 12)}
}
teardown() { stop_helper; }
teardown_file() { load support; forget mutate; }

# before SEED: the context tokyo-cluster, through a proxy that spoils answers.
before() {
  through_proxy tokyo-cluster "mutate-$1"
  export XDG_CACHE_HOME=$PWD/cache-$1
}

# survives COMMAND...: whatever it says, it says it itself, in time, about this cluster.
survives() {
  run env KUBECONFIG="$PWD/proxy.kubeconfig" timeout 60 "$FEDCTL" "$@"
  if [ "$status" -ge 5 ] || [[ "$output" == *"a bug in fedctl"* || "$output" == *json.exception* || "$output" == *$'\x1b[31mred'* ]]; then
    echo "seed $seed: fedctl $*: exit $status"
    echo "$output"
    return 1
  fi
}

@test "reading what a server spoils ends with an answer or an error of that cluster" {
  for seed in $seeds; do
    before "$seed"
    survives plan -f input.yaml --contexts tokyo-cluster --request-timeout 5s
    survives plan -f input.yaml --contexts tokyo-cluster --request-timeout 5s --read=full -o json
    survives status -f input.yaml --contexts tokyo-cluster --request-timeout 5s
    survives clusters --contexts tokyo-cluster --request-timeout 5s -o json
  done
}

@test "writing through what a server spoils touches nothing of others" {
  for seed in $seeds; do
    sed -i "s/data: .*/data: {a: \"$seed\"}/; s/replicas: .*/replicas: $((seed % 3))/" input.yaml
    before "$seed"
    survives apply -f input.yaml --contexts tokyo-cluster --yes --request-timeout 5s --timeout 5s --lock-timeout 5s --prune
    survives apply -f input.yaml --contexts tokyo-cluster --yes --request-timeout 5s --timeout 3s --lock-timeout 5s --on-failure=rollback
    [ "$(value tokyo-cluster /api/v1/namespaces/mutate/configmaps/of-somebody-else .data.precious)" = yes ]
  done
}
