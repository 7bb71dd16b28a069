#!/usr/bin/env bats
# API servers that are old, busy, cut off or forgetful: a proxy before a real one shows what the real one cannot be made to.

setup_file() {
  load support
  start_clusters
  for i in 1 2 3 4 5; do
    printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: fault-%s}\ndata: {a: b}\n' $i
  done >"$BATS_FILE_TMPDIR/input.yaml"
  cd "$BATS_FILE_TMPDIR" || return
  fedctl apply -f input.yaml --contexts tokyo-cluster --yes
}
setup() { load support; in_own_folder; cp "$BATS_FILE_TMPDIR/input.yaml" .; }
teardown() { kill "$helper" 2>/dev/null || true; }
teardown_file() {
  load support
  for i in 1 2 3 4 5; do api tokyo-cluster "/api/v1/namespaces/default/configmaps/fault-$i" -X DELETE >/dev/null; done
}

# before FAULT: a context `tokyo-cluster` that goes through the proxy.
before() {
  port=$((28100 + BATS_TEST_NUMBER))
  background python3 "$BATS_TEST_DIRNAME/proxy.py" $port "$(cat "$FEDCTL_TESTBED_DIR/tokyo-cluster/port")" "$FEDCTL_TESTBED_DIR/pki" "$1"
  listening $port
  printf 'clusters:\n- {name: k, cluster: {server: "http://127.0.0.1:%s"}}\ncontexts:\n- {name: tokyo-cluster, context: {cluster: k}}\n' $port >proxy.kubeconfig
  plan=(plan --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster -f input.yaml)
}

@test "a server without aggregated discovery is asked group by group" {
  before old-discovery
  run fedctl "${plan[@]}" -v6 --detailed-exitcode
  exits 0
  says "/apis/apps/v1 200"
  says "5 unchanged"
  run fedctl "${plan[@]}" -v6
  says_not "/apis/apps/v1 200"
}

@test "429 with Retry-After is obeyed, and what was asked is asked again" {
  before busy
  run fedctl "${plan[@]}" --detailed-exitcode -v4
  exits 0
  says "trying again in 0ms"
  says "5 unchanged"
}

@test "a server that is away for a moment costs a moment" {
  before unavailable
  run fedctl "${plan[@]}" --detailed-exitcode
  exits 0
  says "5 unchanged"
}

@test "a connection that is cut is made again" {
  before reset
  run fedctl "${plan[@]}" --detailed-exitcode
  exits 0
  says "5 unchanged"
}

@test "an answer cut in half is unknown, never an empty list" {
  before half
  run fedctl "${plan[@]}"
  exits 1
  says "tokyo-cluster  unknown"
  says "5 unknown."
}

@test "a list that is never answered is unknown when its time is over, and nothing is pruned on its account" {
  before hang
  run fedctl "${plan[@]}" --prune --request-timeout 1s -o json
  exits 1
  [ "$(jq -c '[.summary.unknown, .summary.delete, .unknownReasons]' <<<"$(grep -v '^warning' <<<"$output")")" = '[5,0,{"timeout":5}]' ]
}

@test "lists come in pages, and a continuation that was forgotten starts the list again" {
  before small-pages
  run fedctl "${plan[@]}" --detailed-exitcode -v6
  exits 0
  says "5 unchanged"
  says " 410 in"
  [ "$(grep -c 'GET .*configmaps' <<<"$output")" = 5 ]
}
