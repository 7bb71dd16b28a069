#!/usr/bin/env bats
# delete without a host: what is asked, what is said, what goes.
bats_require_minimum_version 1.5.0

setup_file() {
  load support
  start_clusters
  forget production
  fedctl apply -f "$FEDCTL_SOURCE/examples/federated-web-app.yaml" $contexts --yes >/dev/null
}
setup() { load support; in_own_folder; web=$FEDCTL_SOURCE/examples/federated-web-app.yaml; }
teardown_file() {
  load support
  meddle tokyo-cluster /api/v1/namespaces/production/configmaps/kept '{"metadata": {"finalizers": null}}' || true
  forget production
}

# answered WORD COMMAND...: as one who sits at a terminal and answers so.
answered() { run timeout 120 script -qec "'$FEDCTL' ${*:2}" /dev/null <<<"$1"; }

@test "delete asks with what would go, and does nothing without a yes" {
  answered no delete -f "$web" $contexts
  exits 4
  says "Delete 6 objects, 1 namespace with all in it, from 3 clusters? Only 'yes' will be accepted:"
  says_not "Apply this"
  # Whoever names objects in files is told nothing of federated objects that were deleted, nor that they are.
  says_not "federated object"
  says_not "deleted"
  [ "$(value ireland-cluster /apis/apps/v1/namespaces/production/deployments/web-app .spec.replicas)" = 3 ]
  answered no delete -f "$web" --cluster tokyo-cluster $contexts
  says "Delete 2 objects, 1 namespace with all in it, from 1 cluster?"
}

@test "a namespace that holds what is not ours is left, and said to be" {
  create tokyo-cluster /api/v1/namespaces/production/configmaps '{"metadata": {"name": "theirs"}, "data": {"a": "b"}}'
  answered no delete -f "$web" $contexts
  says "Delete 5 objects, 1 namespace with all in it, and leave 1 object running as nobody's, from 3 clusters?"
  says "it holds 1 object that is not the federation's, so it stays"
  answered yes delete -f "$web" $contexts
  exits 0
  [ "$(value tokyo-cluster /api/v1/namespaces/production/configmaps/theirs .data.a)" = b ]
  [ "$(value tokyo-cluster /apis/apps/v1/namespaces/production/deployments/web-app .code)" = 404 ]
}

# A namespace and a ConfigMap in it, which a finalizer that nobody serves may keep.
maps=/api/v1/namespaces/production/configmaps
written() {
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, namespace: production}\n' >map.yaml
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: production}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, namespace: production}\ndata: {a: b}\n' >kept.yaml
}
finalized() { meddle tokyo-cluster $maps/kept "{\"metadata\": {\"finalizers\": $1}}"; }

@test "what a finalizer keeps is not said to be deleted: the wait ends with its name and exit code 3" {
  forget production
  written
  fedctl apply -f kept.yaml $contexts --yes >/dev/null
  finalized '["example.com/keep"]'
  run fedctl delete -f map.yaml $contexts --yes --timeout 2s
  exits 3
  says "error: cluster tokyo-cluster: ConfigMap production/kept: it is still being deleted, kept by its finalizer example.com/keep"
  grep -q 'tokyo-cluster *failed *0 *0 *0 .* 1$' <<<"$output"
  grep -q 'ireland-cluster *done *0 *0 *1 .* 0$' <<<"$output"
  # The same again tells the same.
  run --separate-stderr fedctl delete -f map.yaml $contexts --yes --timeout 1s -o json
  exits 3
  [ "$(jq -c 'select(.type == "result").clusters[0] | [.outcome, .deleted, .deleting]' <<<"$output")" = '["failed",0,1]' ]
  [ "$(jq -r 'select(.type == "waiting").message' <<<"$output")" = "being deleted, kept by its finalizer example.com/keep" ]
  [ "$(jq -r 'select(.type == "applied" and .cluster == "tokyo-cluster").object.name' <<<"$output")" = "" ]
}

@test "without waiting it is said to be going; with it, the command ends when the finalizer does" {
  written
  run fedctl delete -f map.yaml --contexts tokyo-cluster --yes --wait=false
  exits 0
  says "ConfigMap production/kept being deleted, kept by its finalizer example.com/keep"
  (sleep 1; finalized null) &
  run fedctl delete -f kept.yaml $contexts --yes
  exits 0
  says "ConfigMap production/kept deleted"
  says "Namespace production deleted"
  [ "$(value tokyo-cluster $maps/kept .code)" = 404 ]
  [ "$(value tokyo-cluster /api/v1/namespaces/production .code)" = 404 ]
}

@test "Ctrl-C ends the wait for what is going, with 130" {
  written
  fedctl apply -f kept.yaml --contexts tokyo-cluster --yes >/dev/null
  finalized '["example.com/keep"]'
  "$FEDCTL" delete -f kept.yaml --contexts tokyo-cluster --yes -o json >out.txt 2>&1 3>&- &
  pid=$!
  eventually grep -q "example.com/keep" out.txt
  kill -INT $pid
  code=0
  wait $pid || code=$?
  [ "$code" = 130 ]
  finalized null
}
