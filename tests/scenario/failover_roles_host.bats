#!/usr/bin/env bats
# The roles of what a host holds: files that were not told of a failover do not undo it, whoever applies them.

setup_file() {
  load support
  load failover_support
  start_host
}
teardown_file() {
  load support
  lift_admission
  leave_federation
}

admission=/apis/admissionregistration.k8s.io/v1
lift_admission() {
  api host-cluster $admission/validatingadmissionpolicybindings/failover-roles.fedctl.io -X DELETE >/dev/null
  api host-cluster $admission/validatingadmissionpolicies/failover-roles.fedctl.io -X DELETE >/dev/null
}

setup() {
  load support
  load failover_support
  in_own_folder
  policy_in_host
  federated_app >all.yaml
  cp all.yaml old.yaml
}
replicas_in() { value "$1" $deployment .spec.replicas; }
mark_of() { value host-cluster $federated '.metadata.annotations["fedctl.io/failover"]'; }
token_of() { value host-cluster $federated '.metadata.annotations["fedctl.io/failover"] | split(" ")[2]'; }

@test "old files are a conflict in the host, and written by roles they are none" {
  fedctl apply -f all.yaml $host --yes >/dev/null
  fedctl failover run policy.yaml $host --yes >/dev/null
  [[ $(mark_of) == "production/active-standby-app token "*" active ireland-cluster" ]]
  [ "$(value host-cluster $federated '[.spec.overrides[].clusterOverrides[] | select(.path | startswith("/metadata/annotations"))] | length')" = 2 ]
  run fedctl plan -f old.yaml $host
  exits 4
  says "made ireland-cluster active"
  run fedctl apply -f old.yaml $host --yes
  exits 4
  says "so nothing was applied"
  [ "$(replicas_in ireland-cluster)" = 10 ]
  run fedctl failover roles policy.yaml -f all.yaml $host --write
  exits 0
  run fedctl plan -f all.yaml $host
  [ "$status" != 4 ]
  says "0 in conflict"
  run fedctl apply -f all.yaml $host --yes
  exits 0
  [ "$(replicas_in ireland-cluster)" = 10 ]
}

@test "with the admission policy in the host, overrides are not taken back by a tool that leaves the annotation; failovers go on" {
  fedctl apply -f "$FEDCTL_SOURCE/examples/failover-admission-policy.yaml" --contexts host-cluster --yes >/dev/null
  patch() { api host-cluster "$federated${2:-}" -X PATCH -H 'Content-Type: application/merge-patch+json' -d "$1" | jq -r '.code // "done"'; }
  old_overrides() { jq -c '{spec: {overrides: [.spec.overrides[] | .clusterOverrides |= map(select(.path | startswith("/metadata/annotations") | not))]}}'; }
  api host-cluster $federated | old_overrides >taken-back.json
  is_refused() { [ "$(patch @taken-back.json '?dryRun=All')" = 422 ]; }
  eventually is_refused
  [ "$(patch '{"metadata": {"annotations": {"fedctl.io/failover": null}}}')" = 422 ]
  [ "$(patch '{"metadata": {"labels": {"team": "shop"}}}')" = done ]
  before=$(token_of)
  run fedctl failover run policy.yaml $host --yes
  exits 0
  [ "$(token_of)" -gt "$before" ]
  [ "$(replicas_in tokyo-cluster)" = 10 ]
  [ "$(patch "{\"metadata\": {\"annotations\": {\"fedctl.io/accept-role-change\": \"$(token_of)\"}}}")" = done ]
  [ "$(patch @taken-back.json '?dryRun=All')" = done ]
}

@test "--accept-role-change undoes it, and status says that the host differs" {
  lift_admission
  can_take_away() { [ "$(api host-cluster "$federated?dryRun=All" -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"metadata": {"annotations": {"fedctl.io/failover": null}}}' | jq -r '.code // "done"')" = done ]; }
  eventually can_take_away
  run fedctl apply -f old.yaml $host --yes --accept-role-change
  exits 0
  [ "$(value tokyo-cluster $deployment '.metadata.annotations["fedctl.io/failover"] // "none"')" = none ]
  run fedctl failover status policy.yaml $host
  exits 0
  says "warning: FederatedDeployment production/active-standby-app: in the host "
  run fedctl plan -f old.yaml $host
  exits 0
}
