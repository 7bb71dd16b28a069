#!/usr/bin/env bats
# Failing over what a host holds: its federated objects change their roles, and it keeps the journal.

setup_file() {
  load support
  load failover_support
  start_host
}
teardown_file() { load support; leave_federation; }

setup() {
  load support
  load failover_support
  in_own_folder
  policy_in_host
}

@test "run changes the host's overrides, the new side, and scales the old one to zero" {
  federated_app >all.yaml
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
