#!/usr/bin/env bats
# ReplicaSchedulingPreferences on real clusters: shares, clusters that fail, room, steps.

setup_file() { load support; start_clusters; }
setup() {
  load support
  in_own_folder
  "$testbed/up" "${three[@]}" >/dev/null
  forget production
  deployments=/apis/apps/v1/namespaces/production/deployments
  for cluster in "${three[@]}"; do create "$cluster" /api/v1/namespaces '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "production"}}'; done
}
teardown_file() { load support; start_clusters; forget production; }

# target [POD-SPEC-ENTRIES] [SPEC-LINE]: the FederatedDeployment that is scheduled.
target() {
  cat <<EOF
apiVersion: types.kubefed.io/v1beta1
kind: FederatedDeployment
metadata: {name: web-app, namespace: production}
spec:
  placement: {clusters: [{name: tokyo-cluster}]}
  template:
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: app, image: "registry.example.com/web:1"${1:-}}]}
  ${2:-}
EOF
}
# preference [SPEC-LINE]: 12 replicas, 5 : 3 : 2.
preference() {
  cat <<EOF
---
apiVersion: scheduling.kubefed.io/v1alpha1
kind: ReplicaSchedulingPreference
metadata: {name: web-app, namespace: production}
spec:
  targetKind: FederatedDeployment
  totalReplicas: ${total:-12}
  rebalance: true
  clusters: {tokyo-cluster: {weight: ${tokyo:-5}}, ireland-cluster: {weight: 3}, virginia-cluster: {weight: ${virginia:-2}}}
  minReplicas: {tokyo-cluster: 3, ireland-cluster: 2, virginia-cluster: 2}
  ${1:-}
EOF
}
replicas() { for cluster in "${three[@]}"; do value "$cluster" $deployments/web-app '.spec.replicas // "-"'; done | paste -sd/; }
apply() { fedctl apply -f web.yaml $contexts --yes "$@"; }

@test "the article's preferences give 6/4/2 and 15/9/6, and a second plan has nothing to do" {
  { target; preference; } >web.yaml
  run fedctl plan -f web.yaml $contexts
  exits 0
  says "6 replicas by preference web-app: weight 5 of 10, minimum 3"
  run apply
  exits 0
  [ "$(replicas)" = 6/4/2 ]
  run fedctl plan -f web.yaml $contexts --detailed-exitcode
  exits 0
  { target; total=30 preference | sed '/clusters:/,$d'; } >web.yaml
  echo '  clusters: {tokyo-cluster: {weight: 15, minReplicas: 10}, ireland-cluster: {weight: 9, minReplicas: 6}, virginia-cluster: {weight: 6, minReplicas: 4}}' >>web.yaml
  run fedctl plan -f web.yaml $contexts -o json
  [ "$(jq -c '[.clusters[].changes[].fields[] | select(.path == "spec.replicas") | [.old, .new]]' <<<"$output")" = '[[6,15],[4,9],[2,6]]' ]
  [ "$(jq -r '.clusters[0].changes[0].fields[0].reason' <<<"$output")" = "by preference web-app: weight 15 of 30, minimum 10" ]
  run apply
  exits 0
  [ "$(replicas)" = 15/9/6 ]
}

@test "render and explain work offline with a preference" {
  { target; preference; } >web.yaml
  run fedctl render -f web.yaml $contexts -o json
  [ "$(jq -c '[.clusters[].objects[0].spec.replicas]' <<<"$output")" = '[6,4,2]' ]
  run fedctl explain deployment/web-app -f web.yaml $contexts --field spec.replicas
  exits 0
  says "by preference web-app: weight 3 of 10, minimum 2"
}

@test "a cluster that is down gives its replicas away in one apply, and has them back with the next" {
  { target; preference; } >web.yaml
  apply >/dev/null
  "$testbed/down" ireland-cluster
  run fedctl plan -f web.yaml $contexts
  exits 3
  says "ireland-cluster is not ready (unreachable"
  says "1 unknown"
  says "its share goes to the others"
  says "spec.replicas: 6 -> 8 by preference web-app: weight 5 of 7"
  run apply
  exits 3
  [ "$(value tokyo-cluster $deployments/web-app .spec.replicas)/$(value virginia-cluster $deployments/web-app .spec.replicas)" = 8/4 ]
  "$testbed/up" ireland-cluster >/dev/null
  run apply
  exits 0
  [ "$(replicas)" = 6/4/2 ]
}

@test "within unhealthyGraceSeconds nothing moves" {
  { target; preference 'unhealthyGraceSeconds: 3600'; } >web.yaml
  apply >/dev/null
  "$testbed/down" ireland-cluster
  run apply
  exits 3
  says "unhealthyGraceSeconds grants it, so replicas stay where they are"
  [ "$(value tokyo-cluster $deployments/web-app .spec.replicas)" = 6 ]
  # The record of since when tells the next run that the time is over.
  record=$(ls "$XDG_CACHE_HOME"/fedctl/unready/*)
  sed -i '1s/.*/2020-01-01T00:00:00Z/' "$record"
  run apply
  exits 3
  [ "$(value tokyo-cluster $deployments/web-app .spec.replicas)" = 8 ]
  "$testbed/up" ireland-cluster >/dev/null
  apply >/dev/null
  [ ! -e "$record" ]
}

# before_ireland FAULT: from now on ireland-cluster is asked through the proxy.
before_ireland() {
  through_proxy ireland-cluster "$1"
  export KUBECONFIG=$PWD/proxy.kubeconfig:$KUBECONFIG
}

@test "a health check that fails less often than failureThreshold moves nothing" {
  { target; preference; } >web.yaml
  apply >/dev/null
  before_ireland sick-2
  run fedctl plan -f web.yaml $contexts --detailed-exitcode
  stop_helper
  exits 0
  says_not "is not ready"
}

@test "a cluster that answers and says that it is not well gets nothing, and is left alone" {
  { target; preference; } >web.yaml
  apply >/dev/null
  before_ireland sick-3
  run apply --prune
  stop_helper
  exits 3
  says "left alone, since the cluster is not ready"
  [ "$(replicas)" = 8/4/4 ]
}

@test "with --cluster the others count too" {
  { target; preference; } >web.yaml
  run fedctl apply -f web.yaml $contexts --yes --cluster tokyo-cluster
  exits 0
  [ "$(replicas)" = 6/-/- ]
}

@test "replicas move in steps, more starting before others end" {
  { target; tokyo=1 virginia=6 preference 'maxShiftPerStep: 2'; } >web.yaml
  apply >/dev/null
  before=$(replicas)
  [ "$before" = 3/4/5 ]
  { target; tokyo=6 virginia=1 preference 'maxShiftPerStep: 2'; } >web.yaml
  run fedctl plan -f web.yaml $contexts
  says "; a step towards 6, at most 2 at once"
  # Somebody watches from outside how many are ready in all. Clusters are asked one after the other, those that lose replicas first, so that
  # what moves meanwhile is counted twice and never missed; rounds in which one did not answer do not count.
  background bash -c "source '$BATS_TEST_DIRNAME/support.bash'; while true; do for cluster in virginia-cluster ireland-cluster tokyo-cluster; do value \$cluster $deployments/web-app .status.readyReplicas; done | awk '\$1 ~ /^[0-9]+\$/ {sum += \$1; ++asked} END {if (asked == 3) print sum}'; done >>'$PWD/ready'"
  for _ in $(seq 100); do [ -s ready ] && break; sleep 0.1; done
  run apply
  stop_helper
  exits 0
  says "the next step, since what moved is ready:"
  [ "$(grep -c "the next step" <<<"$output")" -ge 2 ]
  [ "$(replicas)" = 6/4/2 ]
  [ "$(sort -n ready | head -1)" -ge 12 ]
  run fedctl plan -f web.yaml $contexts --detailed-exitcode
  exits 0
}

@test "without waiting only the first step is made, and the next apply goes on" {
  { target; tokyo=1 virginia=6 preference; } >web.yaml
  apply >/dev/null
  { target; tokyo=6 virginia=1 preference 'maxShiftPerStep: 1'; } >web.yaml
  run apply --wait=false
  exits 0
  says "replicas are still to move (maxShiftPerStep)"
  [ "$(replicas)" = 4/4/5 ]
}

@test "Pods that find no node for a minute cap their cluster" {
  overrides='overrides: [{clusterName: ireland-cluster, clusterOverrides: [{path: /spec/template/spec/nodeSelector, op: add, value: {disk: fast}}]}]'
  { target '' "$overrides"; preference; } >web.yaml
  apply --wait=false >/dev/null
  pods=/api/v1/namespaces/production/pods
  stuck='[.items[] | select(.status.conditions[]? | .type == "PodScheduled" and .reason == "Unschedulable") | .metadata.name]'
  for _ in $(seq 100); do [ "$(value ireland-cluster $pods "$stuck | length")" = 4 ] && break; sleep 0.1; done
  # Not yet for a minute.
  run fedctl plan -f web.yaml $contexts --detailed-exitcode
  exits 0
  for pod in $(value ireland-cluster $pods "$stuck[]"); do
    conditions=$(value ireland-cluster $pods/$pod '{status: {conditions: [.status.conditions[] | if .type == "PodScheduled" then .lastTransitionTime = "2020-01-01T00:00:00Z" else . end]}}')
    api ireland-cluster $pods/$pod/status -X PATCH -H 'Content-Type: application/merge-patch+json' -d "$conditions" >/dev/null
  done
  run fedctl plan -f web.yaml $contexts
  says "ireland-cluster has room for 0, so 3 of its share go to the others"
  says "spec.replicas: 6 -> 8 by preference web-app"
}

@test "with --capacity=nodes what the nodes have left caps a cluster" {
  # The one node of each cluster has 1000; Pods that other tests left use little of it.
  { target ", resources: {requests: {cpu: 450}}"; preference; } >web.yaml
  run fedctl plan -f web.yaml $contexts --capacity nodes
  exits 0
  says "tokyo-cluster has room for 2, so"
  run fedctl plan -f web.yaml $contexts
  says_not "has room for"
}

@test "an autoscaled cluster with retainReplicas keeps its count" {
  { target '' 'retainReplicas: true'; preference; } >web.yaml
  apply >/dev/null
  [ "$(replicas)" = 6/4/2 ]
  meddle tokyo-cluster $deployments/web-app '{"spec": {"replicas": 9}}'
  run apply
  exits 0
  [ "$(replicas)" = 9/4/2 ]
}

@test "status tells wanted, current and ready replicas of each cluster and in all" {
  { target; preference; } >web.yaml
  apply >/dev/null
  run fedctl status -f web.yaml $contexts
  exits 0
  grep -Eq 'tokyo-cluster +synced +6 +6 +6 +ready' <<<"$output"
  grep -Eq '\(all\) +12 +12 +12' <<<"$output"
}

@test "StatefulSets and ReplicaSets are scheduled too" {
  target | sed 's/FederatedDeployment/FederatedReplicaSet/' >web.yaml
  preference | sed 's/FederatedDeployment/FederatedReplicaSet/' >>web.yaml
  run apply
  exits 0
  [ "$(value tokyo-cluster /apis/apps/v1/namespaces/production/replicasets/web-app .spec.replicas)" = 6 ]
  target | sed 's/FederatedDeployment/FederatedStatefulSet/; s/      selector:/      serviceName: web\n      selector:/; s/name: web-app/name: store/' >web.yaml
  preference | sed 's/FederatedDeployment/FederatedStatefulSet/; s/name: web-app/name: store/' >>web.yaml
  run apply
  exits 0
  [ "$(value ireland-cluster /apis/apps/v1/namespaces/production/statefulsets/store .spec.replicas)" = 4 ]
}

@test "each mistake in a preference is one error, and nothing is changed" {
  refused() {
    run apply
    exits 1
    one_error
    says "$1"
    [ "$(replicas)" = -/-/- ]
  }
  { target; total=-1 preference; } >web.yaml
  refused "web.yaml:20:3: ReplicaSchedulingPreference production/web-app: totalReplicas must not be negative"
  { target; preference | sed 's/ireland-cluster/irland-cluster/'; } >web.yaml
  refused "the fleet has no cluster 'irland-cluster', did you mean 'ireland-cluster'"
  { target; preference; preference; } >web.yaml
  refused "two preferences for one target"
  { target; preference | sed 's/FederatedDeployment/FederatedReplicaSet/'; } >web.yaml
  refused "but production/web-app is a FederatedDeployment"
  preference >alone.yaml
  run fedctl plan -f alone.yaml $contexts
  exits 0
  says "it schedules nothing: there is no FederatedDeployment production/web-app"
}
