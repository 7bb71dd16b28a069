#!/usr/bin/env bats
# After a failover with files alone, the files say the old roles: nobody applies them without knowing.

setup_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; }
teardown_file() {
  load support
  "$testbed/up" tokyo-cluster ireland-cluster >/dev/null
  forget_in "tokyo-cluster ireland-cluster" production
}

setup() {
  load support
  load failover_support
  in_own_folder
  start_application
  # The test bed's own api(), which start_application brings, fails where an object is not there.
  load support
}
teardown() {
  lift_admission
  stop_application
}

both="--contexts tokyo-cluster,ireland-cluster"
admission=/apis/admissionregistration.k8s.io/v1
mark="production/active-standby-app token 1 active ireland-cluster"
mark_in() { value "$1" $deployment '.metadata.annotations["fedctl.io/failover"] // "none"'; }
lift_admission() {
  local cluster
  for cluster in tokyo-cluster ireland-cluster; do
    api $cluster $admission/validatingadmissionpolicybindings/failover-roles.fedctl.io -X DELETE >/dev/null
    api $cluster $admission/validatingadmissionpolicies/failover-roles.fedctl.io -X DELETE >/dev/null
  done
}
# patch CLUSTER MERGE-PATCH [QUERY]: the answer's code, or "done".
patch() { api "$1" "$deployment${3:-}" -X PATCH -H 'Content-Type: application/merge-patch+json' -d "$2" | jq -r '.code // "done"'; }

@test "a run marks what it gave roles; applying the old files is a conflict that names the failover, and changes nothing" {
  [ "$(mark_in ireland-cluster)" = none ]
  run failover plan
  exits 0
  says "fedctl.io/failover"
  failover run --yes >/dev/null
  [ "$(mark_in ireland-cluster)" = "$mark" ]
  [ "$(mark_in tokyo-cluster)" = "$mark" ]
  run fedctl plan -f app.yaml $both
  exits 4
  says "the failover production/active-standby-app with token 1 made ireland-cluster active"
  says "fedctl failover roles POLICY -f FILES --write"
  says "--accept-role-change"
  says "2 in conflict"
  run fedctl plan -f app.yaml $both -o json
  exits 4
  [ "$(jq .summary.conflict <<<"$output")" = 2 ]
  run fedctl plan -f app.yaml $both -o junit
  exits 4
  says "with token 1 made ireland-cluster active"
  sed '$a ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: beside, namespace: production}' app.yaml >with-more.yaml
  run fedctl apply -f with-more.yaml $both --yes
  exits 4
  says "in conflict, so nothing was applied"
  [ "$(value ireland-cluster /api/v1/namespaces/production/configmaps/beside .code)" = 404 ]
  run fedctl apply -f app.yaml $both --yes --force-conflicts
  exits 4
  [ "$(role_in ireland-cluster)" = "10 read-write,primary" ]
  [ "$(role_in tokyo-cluster)" = "2 read-only,standby" ]
}

@test "--accept-role-change undoes the roles, also by a saved plan, and status says what differs from the state" {
  failover run --yes >/dev/null
  run failover status
  exits 0
  says "app.yaml:2:1 says that tokyo-cluster is active"
  says "fedctl failover roles POLICY -f FILES --write"
  run fedctl plan -f app.yaml $both --accept-role-change --out saved.plan
  exits 0
  run fedctl apply saved.plan --accept-role-change
  exits 1
  says "a saved plan has settled --accept-role-change already"
  run fedctl apply saved.plan
  exits 0
  [ "$(role_in tokyo-cluster)" = "10 read-write,primary" ]
  [ "$(mark_in ireland-cluster)" = none ]
  run failover status
  exits 0
  says "warning: ireland-cluster: Deployment production/active-standby-app: "
  says "/spec/replicas is 2, not 10"
  run failover status -o json
  exits 0
  [ "$(jq -r '[.roleDifferences[] | select(.cluster == "tokyo-cluster") | .difference | contains("/spec/replicas is 10, not 2")] | any' <<<"$output")" = true ]
  run fedctl plan -f app.yaml $both
  exits 0
}

@test "roles --write edits the manifests: then there is nothing to do, and a later failover is a conflict again" {
  chmod 664 app.yaml
  cp app.yaml before.yaml
  run failover roles
  exits 0
  says "nothing to do"
  failover run --yes >/dev/null
  run failover roles
  exits 0
  says "-    - {path: \"/spec/replicas\", value: 10}"
  says "+    - {path: \"/spec/replicas\", value: 2}"
  says "--write edits the files"
  cmp app.yaml before.yaml
  run failover roles --write -o json
  exits 0
  [ "$(jq -r '.files[0].rewritten, .token, .active' <<<"$output" | paste -sd ' ')" = "false 1 ireland-cluster" ]
  grep -q '^# The application that failover-policy.yaml moves' app.yaml
  [ "$(stat -c %a app.yaml)" = 664 ]
  [ "$(diff before.yaml app.yaml | grep -c '^<')" = 5 ]
  run fedctl plan -f app.yaml $both
  exits 0
  says "No changes."
  run failover roles --write
  exits 0
  says "nothing to do"
  run failover status -o json
  exits 0
  [ "$(jq -c .roleDifferences <<<"$output")" = "[]" ]
  sed -i 's/webapp:1.0.0/webapp:1.0.1/' app.yaml
  run fedctl apply -f app.yaml $both --yes
  exits 0
  [ "$(role_in ireland-cluster)" = "10 read-write,primary" ]
  [ "$(mark_in tokyo-cluster)" = "$mark" ]
}

@test "roles --write that can write only some of the files says which, and leaves the others whole" {
  failover run --yes >/dev/null
  sed 's/name: active-standby-app/name: another-app/' app.yaml >another.yaml
  head -c 20000 /dev/zero | tr '\0' '#' | fold -w 99 >>another.yaml
  cp another.yaml before.yaml
  sed -i 's/^  - {kind: FederatedDeployment, name: active-standby-app}/&\n  - {kind: FederatedDeployment, name: another-app}/' policy.yaml
  # No file may become larger than 8 KiB, as on a disk that is full.
  run bash -c "trap '' XFSZ; ulimit -f 8; exec timeout 60 '$FEDCTL' failover roles policy.yaml -f app.yaml -f another.yaml --write"
  exits 3
  one_error
  says "another.yaml"
  says "edited already: app.yaml"
  grep -q "fedctl.io/failover" app.yaml
  cmp another.yaml before.yaml
  [ "$(ls | grep -c another)" = 1 ]
  run fedctl failover roles policy.yaml -f app.yaml -f another.yaml --write
  exits 0
  grep -q "fedctl.io/failover" another.yaml
}

@test "roles of bad input is one error" {
  run fedctl failover roles policy.yaml
  exits 1
  one_error
  says "nothing says which manifests are meant"
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: beside, namespace: production}\n' >other.yaml
  run fedctl failover roles policy.yaml -f other.yaml
  exits 1
  one_error
  says "the target FederatedDeployment production/active-standby-app is in no file"
  run fedctl failover roles policy.yaml -f - --write <app.yaml
  exits 1
  one_error
  says "--write cannot write to standard input"
  mkfifo pipe
  run fedctl failover roles policy.yaml -f pipe --write
  exits 1
  one_error
  says "--write cannot edit pipe, which is no regular file"
}

@test "a JSON manifest is edited as JSON" {
  failover run --yes >/dev/null
  cat >app.json <<'JSON'
{
  "apiVersion": "types.kubefed.io/v1beta1", "kind": "FederatedDeployment",
  "metadata": {"name": "active-standby-app", "namespace": "production"},
  "spec": {
    "template": {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "webapp:1.0.0"}]}}}},
    "placement": {"clusters": [{"name": "tokyo-cluster"}, {"name": "ireland-cluster"}]}
  }
}
JSON
  run fedctl failover roles policy.yaml -f app.json --write
  exits 0
  [ "$(jq -r '.metadata.annotations["fedctl.io/failover"]' app.json)" = "$mark" ]
  [ "$(jq -r '.spec.overrides[] | select(.clusterName == "ireland-cluster") | .clusterOverrides[0].value' app.json)" = 10 ]
}

@test "with the admission policy nobody takes the mark away or lowers it, unless the object says that it is meant" {
  fedctl apply -f "$FEDCTL_SOURCE/examples/failover-admission-policy.yaml" $both --yes >/dev/null
  failover run --yes >/dev/null
  taken_away='{"metadata": {"annotations": {"fedctl.io/failover": null}}}'
  is_refused() { [ "$(patch "$1" "$taken_away" '?dryRun=All')" = 422 ]; }
  eventually is_refused ireland-cluster
  eventually is_refused tokyo-cluster
  [ "$(patch ireland-cluster '{"metadata": {"annotations": {"fedctl.io/failover": "production/active-standby-app token 0 active tokyo-cluster"}}}')" = 422 ]
  [ "$(patch ireland-cluster '{"metadata": {"annotations": {"fedctl.io/failover": "production/other token 9 active tokyo-cluster"}}}')" = 422 ]
  value ireland-cluster $deployment 'del(.metadata.annotations, .metadata.resourceVersion) | .spec.replicas = 2' >old.json
  run api ireland-cluster $deployment -X PUT -H 'Content-Type: application/json' -d @old.json
  says "fedctl.io/accept-role-change=1"
  says "$mark"
  [ "$(role_in ireland-cluster)" = "10 read-write,primary" ]
  run fedctl plan -f app.yaml $both
  exits 4
  says "the failover production/active-standby-app with token 1 made ireland-cluster active"
  [ "$(patch ireland-cluster '{"metadata": {"labels": {"team": "shop"}}}')" = done ]
  [ "$(patch ireland-cluster '{"metadata": {"annotations": {"fedctl.io/failover": "production/active-standby-app token 2 active ireland-cluster"}}}' '?dryRun=All')" = done ]
  for cluster in tokyo-cluster ireland-cluster; do
    [ "$(patch $cluster '{"metadata": {"annotations": {"fedctl.io/accept-role-change": "1"}}}')" = done ]
  done
  run fedctl apply -f app.yaml $both --yes --accept-role-change
  exits 0
  [ "$(role_in tokyo-cluster)" = "10 read-write,primary" ]
}
