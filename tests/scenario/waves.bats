#!/usr/bin/env bats
# One group of clusters after the other, each when the last is ready.

setup_file() { load support; start_clusters; }
setup() { load support; in_own_folder; forget production; deployments=/apis/apps/v1/namespaces/production/deployments; }

# input IMAGE-TAG [CLUSTER]: a workload; where CLUSTER is given no node of it takes its Pods.
input() {
  cat <<EOF
apiVersion: v1
kind: Namespace
metadata: {name: production}
---
apiVersion: types.kubefed.io/v1beta1
kind: FederatedDeployment
metadata: {name: web, namespace: production}
spec:
  placement: {clusterSelector: {}}
  template:
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: app, image: "registry.example.com/web:$1"}]}
EOF
  [ -z "${2:-}" ] || cat <<EOF
  overrides:
  - clusterName: $2
    clusterOverrides: [{path: /spec/template/spec/nodeSelector, op: add, value: {disk: fast}}]
EOF
}

# fleet ROLLOUT: a fleet file with a canary cluster, and this rollout.
fleet() {
  cat <<EOF
apiVersion: fedctl.io/v1alpha1
kind: Fleet
metadata: {name: global}
spec:
  clusters:
  - {name: ireland-cluster, labels: {stage: rest}}
  - {name: tokyo-cluster, labels: {stage: canary}}
  - {name: virginia-cluster, labels: {stage: rest}}
  rollout: $1
EOF
}

image_in() { value "$1" $deployments/web '.spec.template.spec.containers[0].image // .code'; }

@test "the next wave begins when all of the last are ready, not before" {
  input 1 >web.yaml
  run fedctl apply -f web.yaml $contexts --yes -o json --wave ireland-cluster --wave tokyo-cluster,virginia-cluster
  exits 0
  order=$(jq -r 'select(.type == "wave" or .type == "ready" or .type == "applied") | "\(.type) \(.cluster // .message) \(.object.kind // "")"' <<<"$output")
  [ "$(sed -n '1p;4,5p' <<<"$order")" = "wave wave 1 of 2 
ready ireland-cluster Deployment
wave wave 2 of 2 " ]
  [ "$(grep -c '^ready' <<<"$order")" = 3 ]
}

@test "a wave that does not get ready holds the next ones back; the same folder goes on with --resume" {
  input 1 >web.yaml
  fedctl apply -f web.yaml $contexts --yes >/dev/null
  input 2 tokyo-cluster >web.yaml
  run fedctl apply -f web.yaml $contexts --yes --wave tokyo-cluster --timeout 3s
  exits 3
  says "held back, since an earlier wave is not ready: ireland-cluster, virginia-cluster"
  says "cannot be scheduled"
  says "fedctl apply --resume"
  [ "$(image_in tokyo-cluster)" = registry.example.com/web:2 ]
  [ "$(image_in ireland-cluster)" = registry.example.com/web:1 ]
  rm web.yaml
  run fedctl apply --resume --timeout 1s
  exits 3
  says "1 planned change made already"
  [ "$(image_in ireland-cluster)" = registry.example.com/web:1 ]
  meddle tokyo-cluster /api/v1/nodes/"$(value tokyo-cluster /api/v1/nodes '.items[0].metadata.name')" '{"metadata": {"labels": {"disk": "fast"}}}'
  run fedctl apply --resume
  exits 0
  [ "$(image_in ireland-cluster)" = registry.example.com/web:2 ]
  run fedctl apply --resume
  exits 1
  says "there is nothing to resume"
  meddle tokyo-cluster /api/v1/nodes/"$(value tokyo-cluster /api/v1/nodes '.items[0].metadata.name')" '{"metadata": {"labels": {"disk": null}}}'
}

@test "a fleet file's rollout goes by labels, pauses, and stands so many failing clusters as it says" {
  input 1 tokyo-cluster >web.yaml
  fleet '{waves: [{labels: {stage: canary}}, {labels: {stage: rest}}], pause: 1s}' >fleet.yaml
  run fedctl apply -f web.yaml --fleet fleet.yaml --yes --timeout 2s
  exits 3
  says "held back, since an earlier wave is not ready: ireland-cluster, virginia-cluster"
  run fedctl apply -f web.yaml --fleet fleet.yaml --yes --timeout 2s --max-failing 1
  exits 3
  [ "$(image_in virginia-cluster)" = registry.example.com/web:1 ]
  fleet '{waves: [{labels: {stage: canary}}], maxFailing: 1}' >fleet.yaml
  input 2 tokyo-cluster >web.yaml
  run fedctl apply -f web.yaml --fleet fleet.yaml --yes --timeout 2s
  exits 3
  [ "$(image_in virginia-cluster)" = registry.example.com/web:2 ]
}

@test "without a wave of its own a cluster comes last" {
  input 1 >web.yaml
  run fedctl apply -f web.yaml $contexts --yes -o json --wave virginia-cluster
  exits 0
  [ "$(jq -r 'select(.type == "applied" and .object.kind == "Deployment") | .cluster' <<<"$output" | head -1)" = virginia-cluster ]
  [ "$(jq -s '[.[] | select(.type == "ready")] | length' <<<"$output")" = 3 ]
}

@test "waves that make no sense are refused before anything is read or written" {
  input 1 >web.yaml
  run fedctl apply -f web.yaml $contexts --yes --wave tokio-cluster
  exits 1
  one_error
  says "wave 1: the fleet has no cluster 'tokio-cluster', did you mean 'tokyo-cluster'?"
  run fedctl apply -f web.yaml $contexts --yes --wave tokyo-cluster --wave tokyo-cluster
  exits 1
  says "wave 2 holds no cluster"
  run fedctl apply -f web.yaml $contexts --yes --wave tokyo-cluster --wait=false
  exits 1
  says "exclude --wait=false"
  fleet '{waves: [{label: {stage: canary}}]}' >fleet.yaml
  run fedctl apply -f web.yaml --fleet fleet.yaml --yes
  exits 1
  says "fleet.yaml:9:22: unknown field 'label'"
  says "did you mean 'labels'"
  [ "$(value tokyo-cluster /api/v1/namespaces/production .code)" = 404 ]
}
