#!/usr/bin/env bats
# Answers that were not asked for: whatever a server says, what is not understood is unknown, never "nothing there", and costs its own
# cluster alone. A proxy before a real API server tells the lies (lies.py).

setup_file() {
  load support
  start_clusters
  cd "$BATS_FILE_TMPDIR" || return
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: lies}\n' >namespace.yaml
  cat >input.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: ours, namespace: lies}
data: {a: b}
YAML
  fedctl apply -f namespace.yaml -f input.yaml --contexts tokyo-cluster,ireland-cluster --yes
  create tokyo-cluster /api/v1/namespaces/lies/configmaps '{"metadata": {"name": "of-somebody-else"}, "data": {"precious": "yes"}}'
}
setup() {
  load support
  in_own_folder
  cp "$BATS_FILE_TMPDIR"/*.yaml .
}
teardown() { stop_helper; }
teardown_file() { load support; forget lies; }

# before LIE: contexts tokyo-cluster, through a proxy that lies, and ireland-cluster.
before() {
  through_proxy tokyo-cluster "$1"
  kubeconfig_of ireland-cluster ireland-cluster >ireland.kubeconfig
  export KUBECONFIG=$PWD/proxy.kubeconfig:$PWD/ireland.kubeconfig
  export XDG_CACHE_HOME=$PWD/cache-$1
}

lies() { python3 -c "import sys; sys.path.insert(0, '$BATS_TEST_DIRNAME'); from lies import LIES; print(*LIES)"; }

@test "a namespace is not deleted while what is in it cannot be found out" {
  for lie in $(lies); do
    [ $lie != bomb ] || continue
    before hide-$lie
    run fedctl delete -f namespace.yaml --contexts tokyo-cluster --yes
    [ "$status" -ne 0 ] || { echo "$lie: $output"; return 1; }
    says_not "a bug in fedctl"
    [ "$(value tokyo-cluster /api/v1/namespaces/lies/configmaps/of-somebody-else .data.precious)" = yes ] || { echo "$lie"; return 1; }
    [ "$(value tokyo-cluster /api/v1/namespaces/lies .metadata.deletionTimestamp)" = null ] || { echo "$lie"; return 1; }
  done
}

@test "a namespace is not deleted while a type that the server lists is not understood" {
  before odd-type
  run fedctl delete -f namespace.yaml --contexts tokyo-cluster --yes
  [ "$status" -ne 0 ]
  [ "$(value tokyo-cluster /api/v1/namespaces/lies .metadata.deletionTimestamp)" = null ]
  run fedctl plan -f input.yaml --contexts tokyo-cluster,ireland-cluster
  exits 3
  says "1 unknown"
}

@test "a list that is not understood is unknown, and the other cluster is planned" {
  for lie in $(lies); do
    before lie-$lie
    run fedctl plan -f input.yaml --contexts tokyo-cluster,ireland-cluster --request-timeout 5s
    [ "$status" -eq 3 ] || { echo "$lie: $status $output"; return 1; }
    says_not "a bug in fedctl"
    says "1 unchanged"
    says "1 unknown"
  done
}

@test "delete says so where it could not find out whether the object is there" {
  before lie-object
  run fedctl delete -f input.yaml --contexts tokyo-cluster --yes
  [ "$status" -ne 0 ]
  [ "$(value tokyo-cluster /api/v1/namespaces/lies/configmaps/ours .data.a)" = b ]
}

@test "nothing is pruned on account of a list that was not understood" {
  sed s/ours/another/ input.yaml >another.yaml
  for lie in object gone success without-items; do
    before lie-$lie
    run fedctl apply -f another.yaml --prune --contexts tokyo-cluster --yes
    [ "$status" -ne 0 ] || { echo "$lie: $output"; return 1; }
    [ "$(value tokyo-cluster /api/v1/namespaces/lies/configmaps/ours .data.a)" = b ]
  done
}

@test "an answer that unpacks to more than 256 MiB is its cluster's error" {
  before lie-bomb
  run fedctl plan -f input.yaml --contexts tokyo-cluster,ireland-cluster
  exits 3
  says "longer than 256 MiB"
  says "1 unchanged"
}

@test "a server that makes us wait does so within the request's time, and we say so" {
  before wait-86400
  SECONDS=0
  run fedctl plan -f input.yaml --contexts tokyo-cluster,ireland-cluster --request-timeout 4s
  exits 3
  [ $SECONDS -lt 30 ]
  says "1 unchanged"
}

@test "a watch that lies costs its own cluster the time it may wait, and its server few requests" {
  cat >stuck.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: stuck, namespace: lies}
spec:
  replicas: 1
  selector: {matchLabels: {app: stuck}}
  template:
    metadata: {labels: {app: stuck}}
    spec: {nodeSelector: {no: such}, containers: [{name: a, image: a}]}
YAML
  for watch in $(python3 -c "import sys; sys.path.insert(0, '$BATS_TEST_DIRNAME'); from lies import WATCHES; print(*WATCHES)"); do
    before watch-$watch
    run fedctl apply -f stuck.yaml --contexts tokyo-cluster,ireland-cluster --yes --timeout 5s -v6
    printf '%s: exit %s\n' $watch "$status"
    [ "$status" -ne 124 ]
    exits 3
    says "cluster tokyo-cluster: Deployment lies/stuck: "
    says "cluster ireland-cluster: Deployment lies/stuck: "
    says_not "bug in fedctl"
    [ "$(grep -c 127.0.0.1:$port.*watch=1 <<<"$output")" -le 12 ]
  done
}
