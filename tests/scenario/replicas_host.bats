#!/usr/bin/env bats
# ReplicaSchedulingPreferences that a host holds. Each test goes on from the one before.

setup_file() {
  load support
  start_federation
  fedctl init $host >/dev/null
  for cluster in "${three[@]}"; do fedctl join $cluster $host --rbac minimal >/dev/null; done
  for type in namespaces deployments; do fedctl enable $type $host >/dev/null; done
  create host-cluster /api/v1/namespaces '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "production"}}'
  fedctl federate namespace production $host >/dev/null
}
setup() {
  load support
  in_own_folder
  types=/apis/types.kubefed.io/v1beta1/namespaces/production
  preferences=/apis/scheduling.kubefed.io/v1alpha1/namespaces/production/replicaschedulingpreferences
  deployment=/apis/apps/v1/namespaces/production/deployments/web-app
}
teardown_file() { load support; leave_federation; }

replicas() { for cluster in "${three[@]}"; do value "$cluster" $deployment '.spec.replicas // "-"'; done | paste -sd/; }
states() { value host-cluster $types/federateddeployments/web-app '.status.clusters | map(.name + (if .status then "=" + .status else "" end)) | join(",")'; }
preference() { cat <<EOF
apiVersion: scheduling.kubefed.io/v1alpha1
kind: ReplicaSchedulingPreference
metadata: {name: web-app, namespace: production}
spec:
  targetKind: FederatedDeployment
  totalReplicas: ${1:-12}
  rebalance: true
  clusters: {tokyo-cluster: {weight: 5}, ireland-cluster: {weight: 3}, virginia-cluster: {weight: 2}}
  minReplicas: {tokyo-cluster: 3, ireland-cluster: 2, virginia-cluster: 2}
EOF
}

@test "the article's preference, its minReplicas map and all, is taken by the API server and acted on" {
  sed -n '/^kind: FederatedDeployment/,$p' "$FEDCTL_SOURCE/examples/federated-web-app.yaml" | sed '1i apiVersion: types.kubefed.io/v1beta1' >web.yaml
  api host-cluster $types/federateddeployments -X POST -H 'Content-Type: application/yaml' --data-binary @web.yaml >/dev/null
  preference >preference.yaml
  run api host-cluster "$preferences?fieldValidation=Strict" -X POST -H 'Content-Type: application/yaml' --data-binary @preference.yaml
  says '"kind": "ReplicaSchedulingPreference"'
  run fedctl apply $host --yes
  exits 0
  [ "$(replicas)" = 6/4/2 ]
  [ "$(states)" = ireland-cluster,tokyo-cluster,virginia-cluster ]
  run fedctl plan $host --detailed-exitcode
  exits 0
}

@test "a cluster that is down gives its share away, and the host is told that its copy is not ready" {
  "$testbed/down" ireland-cluster
  run fedctl apply $host --yes
  exits 3
  says "ireland-cluster is not ready"
  [ "$(value tokyo-cluster $deployment .spec.replicas)/$(value virginia-cluster $deployment .spec.replicas)" = 8/4 ]
  [ "$(states)" = ireland-cluster=ClusterNotReady,tokyo-cluster,virginia-cluster ]
  "$testbed/up" ireland-cluster >/dev/null
  run fedctl apply $host --yes
  exits 0
  [ "$(replicas)" = 6/4/2 ]
}

@test "a preference in a file wins over the host's, and is written to it" {
  preference 30 >preference.yaml
  run fedctl apply -f preference.yaml $host --yes
  exits 0
  [ "$(replicas)" = 15/9/6 ]
  [ "$(value host-cluster $preferences/web-app .spec.totalReplicas)" = 30 ]
}

@test "a preference that makes no sense fails with its target alone, and replicas stay" {
  meddle host-cluster $preferences/web-app '{"spec": {"maxReplicas": {"tokyo-cluster": 2}}}'
  run fedctl apply $host --yes
  exits 3
  says "which is above its maximum 2"
  one_error
  [ "$(replicas)" = 15/9/6 ]
}

@test "without its preference the target has its own placement and replicas again" {
  preference >preference.yaml
  run fedctl delete -f preference.yaml $host --yes
  exits 0
  [ "$(value host-cluster $preferences/web-app .code)" = 404 ]
  run fedctl apply $host --yes
  exits 0
  [ "$(replicas)" = 5/3/4 ]
}
