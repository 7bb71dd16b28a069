#!/usr/bin/env bats
# Failing over what a host holds: its federated objects change their roles, and it keeps the journal.

setup_file() {
  load support
  start_federation
  fedctl init $host >/dev/null
  for cluster in tokyo-cluster ireland-cluster; do fedctl join $cluster $host >/dev/null; done
  for type in namespaces deployments; do fedctl enable $type $host >/dev/null; done
  create host-cluster /api/v1/namespaces '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "production"}}'
}
teardown_file() { load support; leave_federation; }

setup() {
  load support
  in_own_folder
  deployment=/apis/apps/v1/namespaces/production/deployments/active-standby-app
  federated=/apis/types.kubefed.io/v1beta1/namespaces/production/federateddeployments/active-standby-app
  sed '/^  database:/,/IRELAND_DATABASE/d; /^  dns:/,/route53/d; /^  rto/,$d' "$FEDCTL_SOURCE/examples/failover-policy.yaml" >policy.yaml
  # The test bed's etcd stands for what the clusters serve.
  local url=http://127.0.0.1:$(cat "$FEDCTL_TESTBED_DIR/etcd.port")/health
  echo "  health: {checks: [{apiServer: {}}, {http: {urls: {tokyo-cluster: \"$url\", ireland-cluster: \"$url\"}}}]}" >>policy.yaml
}
role_in() { value "$1" $deployment '[.spec.replicas, (.spec.template.spec.containers[0].env | map(.value) | join(","))] | join(" ")'; }

@test "run changes the host's overrides, the new side, and scales the old one to zero" {
  printf 'apiVersion: types.kubefed.io/v1beta1\nkind: FederatedNamespace\nmetadata: {name: production, namespace: production}\nspec: {placement: {clusterSelector: {}}}\n---\n' >all.yaml
  cat "$FEDCTL_SOURCE/examples/active-standby-app.yaml" >>all.yaml
  fedctl apply -f all.yaml $host --yes >/dev/null
  [ "$(role_in ireland-cluster)" = "2 read-only,standby" ]
  run fedctl failover plan policy.yaml $host
  exits 0
  says "the workloads of tokyo-cluster are scaled to zero"
  run fedctl failover run policy.yaml $host --yes
  exits 0
  [ "$(role_in ireland-cluster)" = "10 read-write,primary" ]
  [ "$(value ireland-cluster $deployment .status.readyReplicas)" = 10 ]
  [ "$(value tokyo-cluster $deployment .spec.replicas)" = 0 ]
  [ "$(value host-cluster $federated '.spec.overrides[] | select(.clusterName == "ireland-cluster") | .clusterOverrides[0].value')" = 10 ]
  [ "$(value host-cluster "/api/v1/namespaces/$system/configmaps/failover.production.active-standby-app" '.data.state | fromjson | .active')" = ireland-cluster ]
}

@test "the next run has a greater token, and goes back" {
  run fedctl failover run policy.yaml $host --yes
  exits 0
  says "ireland-cluster -> tokyo-cluster"
  [ "$(role_in tokyo-cluster)" = "10 read-write,primary" ]
  [ "$(value host-cluster "/api/v1/namespaces/$system/configmaps/failover.production.active-standby-app" '.data.state | fromjson | [.history[].token] | .[1] > .[0]')" = true ]
}

@test "a policy may be the host's: applied, read by its name, and deleted like anything else" {
  run fedctl plan -f policy.yaml $host
  exits 0
  says "FailoverPolicy production/active-standby-app"
  run fedctl apply -f policy.yaml $host --yes
  exits 0
  says "host-cluster: FailoverPolicy production/active-standby-app created"
  run fedctl failover status production/active-standby-app $host
  exits 0
  says "production/active-standby-app: "
  says "apiServer-1: good"
  run fedctl failover plan production/nothing $host
  exits 1
  one_error
  says "failoverpolicies.fedctl.io \"nothing\" not found"
  sed 's/  targets:/  target:/' policy.yaml >wrong.yaml
  run fedctl apply -f wrong.yaml $host --yes
  [ "$status" -ne 0 ]
  says "target"
  run fedctl apply -f policy.yaml $host --yes
  exits 0
  says "No changes."
  run fedctl delete -f policy.yaml $host --yes
  exits 0
  [ "$(value host-cluster /apis/fedctl.io/v1alpha1/namespaces/production/failoverpolicies '.items | length')" = 0 ]
  [ "$(value ireland-cluster $deployment .metadata.name)" = active-standby-app ]
}
