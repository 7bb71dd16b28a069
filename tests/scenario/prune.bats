#!/usr/bin/env bats
# What left the input goes, with --prune, and nothing else.

setup_file() { load support; start_clusters; forget production other; for c in "${three[@]}"; do api "$c" /api/v1/namespaces/default/configmaps/shop -X DELETE >/dev/null; done; }
setup() {
  load support
  in_own_folder
  maps=/api/v1/namespaces/production/configmaps
  parent=/api/v1/namespaces/default/configmaps/shop
}

# input COUNT: a namespace, and so many ConfigMaps.
input() {
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: production}\n' >input.yaml
  for i in $(seq "$1"); do
    printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: map-%s, namespace: production}\n' "$i" >>input.yaml
  done
}
names() { value "$1" $maps '[.items[].metadata.name | select(startswith("map-"))] | join(" ")'; }

@test "a set is an ApplySet: its parent lists what it holds, and its members carry its label" {
  input 3
  run fedctl apply -f input.yaml $contexts --set shop --yes
  exits 0
  id=$(value tokyo-cluster $parent '.metadata.labels["applyset.kubernetes.io/id"]')
  expected=applyset-$(printf shop.default.ConfigMap. | openssl dgst -sha256 -binary | base64 | tr '+/' '-_' | tr -d '=')-v1
  [ "$id" = "$expected" ]
  [ "$(value tokyo-cluster $parent '.metadata.annotations["applyset.kubernetes.io/tooling"]')" = fedctl/v1 ]
  [ "$(value tokyo-cluster $parent '.metadata.annotations["applyset.kubernetes.io/contains-group-kinds"]')" = ConfigMap,Namespace ]
  [ "$(value tokyo-cluster $parent '.metadata.annotations["applyset.kubernetes.io/additional-namespaces"]')" = production ]
  [ "$(value virginia-cluster $maps/map-2 '.metadata.labels["applyset.kubernetes.io/part-of"]')" = "$id" ]
  run fedctl plan -f input.yaml $contexts --set shop --prune --detailed-exitcode
  exits 0
  says "No changes."
}

@test "without --prune what left the input stays; with it, it goes, and types that nothing is left of leave the parent's list" {
  input 2
  cat >>input.yaml <<'EOF'
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: production}
spec: {ports: [{port: 80}]}
EOF
  fedctl apply -f input.yaml $contexts --set shop --yes >/dev/null
  [ "$(names ireland-cluster)" = "map-1 map-2 map-3" ]
  create ireland-cluster $maps '{"metadata": {"name": "theirs", "labels": {"kubefed.io/managed": "true"}}}'
  input 2
  run fedctl plan -f input.yaml $contexts --set shop --prune
  exits 0
  says "Plan: 0 to create, 0 to update, 6 to delete; 9 unchanged"
  says "the input does not hold it any more"
  run fedctl apply -f input.yaml $contexts --set shop --prune --yes
  exits 0
  [ "$(names ireland-cluster)" = "map-1 map-2" ]
  [ "$(value ireland-cluster $maps/theirs .metadata.name)" = theirs ]
  [ "$(value ireland-cluster /api/v1/namespaces/production/services/web .code)" = 404 ]
  [ "$(value ireland-cluster $parent '.metadata.annotations["applyset.kubernetes.io/contains-group-kinds"]')" = ConfigMap,Namespace ]
  run fedctl plan -f input.yaml $contexts --set shop --prune --detailed-exitcode
  exits 0
}

@test "one set leaves the other's objects alone, and takes them only with --adopt" {
  cat >lone.yaml <<'EOF'
apiVersion: v1
kind: ConfigMap
metadata: {name: lone, namespace: production}
EOF
  fedctl apply -f lone.yaml $contexts --set other --yes >/dev/null
  input 2
  run fedctl plan -f input.yaml $contexts --set shop --prune --detailed-exitcode
  exits 0
  run fedctl plan -f lone.yaml $contexts --set shop
  exits 4
  says "belongs to another set"
  run fedctl plan -f lone.yaml $contexts --set shop --adopt
  exits 0
  says "3 to update"
  for c in "${three[@]}"; do api $c $maps/lone -X DELETE >/dev/null; api $c /api/v1/namespaces/default/configmaps/other -X DELETE >/dev/null; done
}

@test "a set that belongs to another tool, or a name that is taken, is a conflict" {
  create tokyo-cluster /api/v1/namespaces/default/configmaps '{"metadata": {"name": "kubectls", "annotations": {"applyset.kubernetes.io/tooling": "kubectl/v1.32"}, "labels": {"applyset.kubernetes.io/id": "x"}}}'
  create tokyo-cluster /api/v1/namespaces/default/configmaps '{"metadata": {"name": "plain"}}'
  input 1
  run fedctl apply -f input.yaml --contexts tokyo-cluster --set kubectls --prune --yes
  exits 4
  says "this set belongs to kubectl/v1.32"
  run fedctl apply -f input.yaml --contexts tokyo-cluster --set plain --prune --yes
  exits 4
  says "is no set's parent"
  for name in kubectls plain; do api tokyo-cluster /api/v1/namespaces/default/configmaps/$name -X DELETE >/dev/null; done
}

@test "more than 10 objects and 20 % are not deleted without being told to" {
  input 30
  fedctl apply -f input.yaml $contexts --set shop --yes >/dev/null
  input 12
  run fedctl plan -f input.yaml $contexts --set shop --prune
  exits 0
  says "warning: apply will refuse to delete 18 of 31 objects in tokyo-cluster (58 %)"
  run fedctl apply -f input.yaml $contexts --set shop --prune --yes
  exits 4
  says "--yes-delete"
  [ "$(names tokyo-cluster | wc -w)" = 30 ]
  run fedctl apply -f input.yaml $contexts --set shop --prune --yes --max-deletes 5
  exits 4
  run fedctl apply -f input.yaml $contexts --set shop --prune --yes --max-deletes 90%
  exits 0
  [ "$(names tokyo-cluster | wc -w)" = 12 ]
  input 1
  run fedctl apply -f input.yaml $contexts --set shop --prune --yes --yes-delete
  exits 0
  [ "$(names virginia-cluster | wc -w)" = 1 ]
  run fedctl apply -f input.yaml $contexts --max-deletes many
  exits 1
  says "'many' is no limit"
}

@test "an empty folder deletes nothing, and neither does input that cannot be rendered" {
  mkdir empty
  run fedctl apply -f empty $contexts --set shop --prune --yes --yes-delete
  exits 1
  one_error
  says "there is no object in empty"
  cat >broken.yaml <<'EOF'
apiVersion: types.kubefed.io/v1beta1
kind: FederatedConfigMap
metadata: {name: broken, namespace: production}
spec:
  template: {data: {a: b}}
  placement: {clusters: [{name: tokyo-cluster}]}
  overrides:
  - clusterName: tokyo-cluster
    clusterOverrides: [{path: /data/x/y/z, value: 1, op: replace}]
EOF
  run fedctl apply -f broken.yaml $contexts --set shop --prune --yes --yes-delete
  exits 1
  one_error
  [ "$(names tokyo-cluster)" = map-1 ]
}

@test "without a set, what was applied without one in the input's namespaces goes" {
  forget production
  input 3
  printf -- '---\napiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: far, namespace: other}\n' >>input.yaml
  fedctl apply -f input.yaml $contexts --yes >/dev/null
  input 2
  run fedctl apply -f input.yaml $contexts --prune --yes
  exits 0
  [ "$(names tokyo-cluster)" = "map-1 map-2" ]
  [ "$(value tokyo-cluster /api/v1/namespaces/other/configmaps/far .metadata.name)" = far ]
}

@test "who may not list a type cannot prune it, and is told so" {
  input 1
  cat >role.json <<'EOF'
{"metadata": {"name": "only-maps"}, "rules": [
 {"apiGroups": [""], "resources": ["configmaps", "namespaces"], "verbs": ["*"]}]}
EOF
  create tokyo-cluster /apis/rbac.authorization.k8s.io/v1/clusterroles "$(cat role.json)"
  create tokyo-cluster /api/v1/namespaces/default/serviceaccounts '{"metadata": {"name": "robot"}}'
  create tokyo-cluster /apis/rbac.authorization.k8s.io/v1/clusterrolebindings '{"metadata": {"name": "only-maps"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "only-maps"}, "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": "default"}]}'
  token=$(api tokyo-cluster /api/v1/namespaces/default/serviceaccounts/robot/token -X POST -H 'Content-Type: application/json' -d '{}' | jq -r .status.token)
  kubeconfig_of tokyo-cluster tokyo-cluster | sed "s#user: {client.*#user: {token: $token}}#" >robot.config
  KUBECONFIG=robot.config run fedctl plan -f input.yaml --contexts tokyo-cluster --prune
  exits 3
  says "Secret *"
  says "forbidden"
  KUBECONFIG=robot.config run fedctl apply -f input.yaml --contexts tokyo-cluster --prune --set robots --adopt --yes
  exits 0
  api tokyo-cluster /apis/rbac.authorization.k8s.io/v1/clusterroles/only-maps -X DELETE >/dev/null
  api tokyo-cluster /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/only-maps -X DELETE >/dev/null
}
