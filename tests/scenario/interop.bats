#!/usr/bin/env bats
# KubeFed's own controller manager (v0.10.0) and kubefedctl on the same host: they take what fedctl made for their own, and fedctl
# takes what they made.

setup_file() {
  load support
  "$testbed/build" kubefed
  start_federation
  fedctl init $host >/dev/null
}
setup() {
  load support
  in_own_folder
  kubefed=${FEDCTL_TESTBED_CACHE:-$HOME/.cache/fedctl/testbed}/bin/kubefed
  core=/apis/core.kubefed.io/v1beta1/namespaces/$system
  types=/apis/types.kubefed.io/v1beta1/namespaces/production
}
teardown_file() {
  load support
  kill "$(cat "$BATS_FILE_TMPDIR/pid" 2>/dev/null)" 2>/dev/null || true
  leave_federation
}

start_kubefed() {
  kubeconfig_of host-cluster host-cluster >"$BATS_FILE_TMPDIR/kubeconfig"
  echo "current-context: host-cluster" >>"$BATS_FILE_TMPDIR/kubeconfig"
  background "$kubefed" controller-manager --kubeconfig "$BATS_FILE_TMPDIR/kubeconfig" --kubefed-namespace $system --healthz-addr 127.0.0.1:0 --metrics-addr 127.0.0.1:0
  echo "$helper" >"$BATS_FILE_TMPDIR/pid"
}

@test "clusters that kubefedctl joined and types that it enabled are ours, and the other way round" {
  run "$kubefed" kubefedctl join ireland-cluster --cluster-context ireland-cluster $host --kubefed-namespace $system
  exits 0
  run "$kubefed" kubefedctl enable configmaps $host
  exits 0
  run fedctl join tokyo-cluster $host
  exits 0
  run fedctl enable namespaces $host
  exits 0
  run fedctl clusters check $host
  exits 0
  run fedctl enable configmaps $host
  exits 0
  run fedctl join eire --cluster-context ireland-cluster $host
  exits 4
  says "joined already, under the name ireland-cluster"
}

@test "KubeFed's controller propagates what fedctl federated, and fedctl keeps out of its way" {
  create host-cluster /api/v1/namespaces '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "production"}}'
  start_kubefed
  leads() { fedctl plan $host 2>&1 | grep -q "a KubeFed controller is at work in host-cluster"; }
  eventually leads
  fedctl federate namespace production $host
  create host-cluster $types/federatedconfigmaps '{"apiVersion": "types.kubefed.io/v1beta1", "kind": "FederatedConfigMap", "metadata": {"name": "theirs"}, "spec": {"template": {"data": {"a": "b"}}, "placement": {"clusterSelector": {}}}}'
  arrived() { [ "$(value "$1" /api/v1/namespaces/production/configmaps/theirs .data.a)" = b ]; }
  eventually arrived tokyo-cluster
  eventually arrived ireland-cluster
  ready() { [ "$(value host-cluster $core/kubefedclusters/"$1" '.status.conditions[] | select(.type == "Ready") | .status')" = True ]; }
  eventually ready tokyo-cluster
  eventually ready ireland-cluster
}

@test "when it is gone fedctl goes on: what it propagated is unchanged, and is deleted with its federated object" {
  kill "$(cat "$BATS_FILE_TMPDIR/pid")"
  is_over() { ! fedctl plan $host 2>&1 | grep -q "a KubeFed controller is at work"; }
  eventually is_over
  run fedctl plan $host --detailed-exitcode
  exits 0
  says "4 unchanged"
  run fedctl apply $host --yes
  exits 0
  run fedctl delete cm theirs -n production $host --yes
  exits 0
  [ "$(value host-cluster $types/federatedconfigmaps/theirs .code)" = 404 ]
  [ "$(value tokyo-cluster /api/v1/namespaces/production/configmaps/theirs .code)" = 404 ]
  run fedctl unjoin ireland-cluster $host --orphan
  exits 0
}
