#!/usr/bin/env bats
# Many contexts that lead to one address, as those of a gateway do (Rancher, Teleport): what they cost grows no faster than they do.

setup_file() { load support; start_clusters; }
setup() { load support; in_own_folder; }

# many_contexts COUNT: a kubeconfig with cluster-1, cluster-2, ..., each with a user of its own, that all are tokyo-cluster.
many_contexts() {
  local pki=$FEDCTL_TESTBED_DIR/pki name
  echo "clusters:"
  for name in $(seq -f 'cluster-%.0f' "$1"); do
    echo "- {name: $name, cluster: {server: \"https://127.0.0.1:$(cat "$FEDCTL_TESTBED_DIR/tokyo-cluster/port")\", certificate-authority: \"$pki/ca.crt\"}}"
  done
  echo "users:"
  for name in $(seq -f 'cluster-%.0f' "$1"); do
    echo "- {name: $name, user: {client-certificate: \"$pki/admin.crt\", client-key: \"$pki/admin.key\"}}"
  done
  echo "contexts:"
  for name in $(seq -f 'cluster-%.0f' "$1"); do echo "- {name: $name, context: {cluster: $name, user: $name}}"; done
}

@test "hundreds of clusters behind one address share at most 64 connections" {
  many_contexts 300 >many.config
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared, namespace: default}\ndata: {a: b}\n' >input.yaml
  plan=(plan -f input.yaml --kubeconfig many.config --contexts "$(seq -s, -f 'cluster-%.0f' 300)" --stats)
  # The first run fills the cache of discovery, so that in the second all ask at the same moment.
  for _ in first second; do
    run fedctl "${plan[@]}"
    exits 0
    says "Plan: 300 to create"
    connections=$(grep -o 'over [0-9]* connection' <<<"$output" | grep -o '[0-9]*')
    [ "$connections" -ge 1 ]
    [ "$connections" -le 64 ]
  done
}
