#!/usr/bin/env bats
# A second run tells the same truth as the first: what is not ready stays not ready, and what is unknown is not done.

setup_file() { load support; start_clusters; }
setup() { load support; in_own_folder; forget rerun; }
teardown_file() {
  load support
  forget rerun
  api tokyo-cluster /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/rerun -X DELETE >/dev/null
  api tokyo-cluster /apis/rbac.authorization.k8s.io/v1/clusterroles/rerun -X DELETE >/dev/null
}

# slow [IMAGE]: a Deployment that no node takes.
slow() {
  cat >slow.yaml <<EOF
apiVersion: v1
kind: Namespace
metadata: {name: rerun}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: slow, namespace: rerun}
spec:
  replicas: 3
  selector: {matchLabels: {app: slow}}
  template:
    metadata: {labels: {app: slow}}
    spec: {nodeSelector: {disk: none}, containers: [{name: app, image: "registry.example.com/slow:${1:-1}"}]}
EOF
}

# only_maps: a kubeconfig of one who may read and write Namespaces and ConfigMaps of tokyo-cluster, and nothing else.
only_maps() {
  create tokyo-cluster /apis/rbac.authorization.k8s.io/v1/clusterroles '{"metadata": {"name": "rerun"}, "rules": [
    {"apiGroups": [""], "resources": ["configmaps", "namespaces"], "verbs": ["*"]}]}'
  create tokyo-cluster /api/v1/namespaces/default/serviceaccounts '{"metadata": {"name": "robot"}}'
  create tokyo-cluster /apis/rbac.authorization.k8s.io/v1/clusterrolebindings '{"metadata": {"name": "rerun"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "rerun"}, "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": "default"}]}'
  token=$(api tokyo-cluster /api/v1/namespaces/default/serviceaccounts/robot/token -X POST -H 'Content-Type: application/json' -d '{}' | jq -r .status.token)
  kubeconfig_of tokyo-cluster tokyo-cluster | sed "s#user: {client.*#user: {token: $token}}#" >robot.config
  kubeconfig_of ireland-cluster ireland-cluster >ireland.config
  KUBECONFIG=$PWD/robot.config:$PWD/ireland.config
}

@test "an apply that is run again waits for what is not ready, and ends as the first one did" {
  slow
  for round in first again; do
    run fedctl apply -f slow.yaml --contexts tokyo-cluster,ireland-cluster --yes --timeout 3s
    exits 3
    says "Deployment rerun/slow: not ready: 0 of 3 replicas available"
    [[ $output == *"0/1"* ]]
  done
  run fedctl apply -f slow.yaml --contexts tokyo-cluster --yes --no-wait
  exits 0
  meddle tokyo-cluster /apis/apps/v1/namespaces/rerun/deployments/slow '{"spec": {"template": {"spec": {"nodeSelector": null}}}}'
}

@test "an unchanged apply asks once a type and namespace whether all is ready, not once an object" {
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: rerun}\n' >many.yaml
  for i in $(seq 20); do
    printf -- '---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: many-%s, namespace: rerun}\n' $i
    printf 'spec: {replicas: 0, selector: {matchLabels: {app: a%s}}, template: {metadata: {labels: {app: a%s}}, spec: {containers: [{name: c, image: i}]}}}\n' $i $i
  done >>many.yaml
  run fedctl apply -f many.yaml --contexts tokyo-cluster --yes
  exits 0
  run fedctl apply -f many.yaml --contexts tokyo-cluster --yes -v6
  exits 0
  says "20/20"
  [ "$(grep -c 'GET .*/deployments?' <<<"$output")" = 2 ] || { echo "$output"; return 1; }
}

@test "waves stop at a cluster of which a part is unknown" {
  slow
  sed 's/nodeSelector: {disk: none}, //' slow.yaml >good.yaml
  only_maps
  run fedctl apply -f good.yaml --contexts tokyo-cluster,ireland-cluster --wave tokyo-cluster --wave ireland-cluster --yes -o json
  exits 3
  [ "$(tail -n 1 <<<"$(grep '^{' <<<"$output")" | jq -r '[.clusters[] | .outcome] | join(",")')" = partial,held ]
  [ "$(value ireland-cluster /api/v1/namespaces/rerun .code)" = 404 ]
}

@test "status of what may not be read is exit 3" {
  printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\n' >secret.yaml
  only_maps
  run fedctl status -f secret.yaml --contexts tokyo-cluster
  exits 3
  says "unknown"
}

@test "invalid input is told before a missing terminal is" {
  printf 'apiVersion: v1\nkind: ConfigMap\n' >bad.yaml
  run fedctl apply -f bad.yaml --contexts tokyo-cluster </dev/null
  exits 1
  says "bad.yaml:1"
  slow
  run fedctl apply -f slow.yaml --contexts tokyo-cluster </dev/null
  exits 4
  says "no terminal to ask on; use --yes"
  [ "$(value tokyo-cluster /api/v1/namespaces/rerun .code)" = 404 ]
}
