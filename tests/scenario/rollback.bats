#!/usr/bin/env bats
# A cluster in which something fails goes back to what it was.

setup_file() { load support; start_clusters; }
setup() { load support; in_own_folder; forget production other; namespace=/api/v1/namespaces/production; deployments=/apis/apps/v1/namespaces/production/deployments; }

# input TAG [CLUSTER]: a workload and its configuration; where CLUSTER is given no node of it takes its Pods.
input() {
  cat <<EOF
apiVersion: v1
kind: Namespace
metadata: {name: production}
---
apiVersion: types.kubefed.io/v1beta1
kind: FederatedConfigMap
metadata: {name: settings-$1, namespace: production}
spec:
  placement: {clusterSelector: {}}
  template: {data: {version: "$1"}}
---
apiVersion: types.kubefed.io/v1beta1
kind: FederatedDeployment
metadata: {name: web, namespace: production}
spec:
  placement: {clusterSelector: {}}
  template:
    spec:
      replicas: $((1 + $1))
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: app, image: "registry.example.com/web:$1", env: [{name: VERSION, value: "$1"}]}]}
EOF
  [ -z "${2:-}" ] || cat <<EOF
  overrides:
  - clusterName: $2
    clusterOverrides: [{path: /spec/template/spec/nodeSelector, op: add, value: {disk: fast}}]
EOF
}

# content CLUSTER PATH: an object without what the server counts and dates.
content() { api "$1" "$2" | jq -S 'del(.status, .metadata.annotations["deployment.kubernetes.io/revision"], .metadata.managedFields, .metadata.resourceVersion, .metadata.generation)'; }
# owners CLUSTER PATH: who owns what, but for the controllers, which write when they get to it.
owners() { api "$1" "$2" | jq -Sc '[.metadata.managedFields[] | select(.subresource == null and .manager != "kube-controller-manager") | {manager, operation, fieldsV1}] | sort'; }
undone() { fedctl apply -f web.yaml $contexts --yes --on-failure=rollback --timeout 5s "$@"; }

@test "the cluster that does not get ready goes back, the others stay" {
  input 1 >web.yaml
  fedctl apply -f web.yaml $contexts --yes >/dev/null
  for cluster in "${three[@]}"; do content "$cluster" $deployments/web >"$cluster.before"; done
  before=$(owners tokyo-cluster $deployments/web)
  input 2 tokyo-cluster >web.yaml
  run undone
  exits 3
  says "tokyo-cluster: Deployment production/web as it was before"
  says "tokyo-cluster: ConfigMap production/settings-2 deleted again"
  grep -Eq 'tokyo-cluster +rolled back' <<<"$output"
  diff <(content tokyo-cluster $deployments/web) tokyo-cluster.before
  [ "$(owners tokyo-cluster $deployments/web)" = "$before" ]
  [ "$(value tokyo-cluster $namespace/configmaps/settings-2 .code)" = 404 ]
  [ "$(value ireland-cluster $deployments/web .spec.replicas)" = 3 ]
  input 1 >web.yaml
  run fedctl plan -f web.yaml --contexts tokyo-cluster --detailed-exitcode
  exits 0
  says "0 to create, 0 to update, 0 to delete; 3 unchanged"
}

@test "what others set and what they set meanwhile stays, what they had drifted comes back" {
  input 1 >web.yaml
  fedctl apply -f web.yaml $contexts --yes >/dev/null
  meddle tokyo-cluster $deployments/web '{"spec":{"replicas":7},"metadata":{"annotations":{"theirs":"kept"}}}'
  input 2 tokyo-cluster >web.yaml
  run undone
  exits 3
  [ "$(value tokyo-cluster $deployments/web '"\(.spec.replicas) \(.metadata.annotations.theirs) \(.spec.template.spec.nodeSelector)"')" = "7 kept null" ]
}

@test "a refusal in the middle takes back what went before; a namespace that was made stays" {
  input 1 >web.yaml
  printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: bad, namespace: production}\nspec: {ports: [{port: 80}], clusterIP: 1.2.3.4}\n' >>web.yaml
  run fedctl apply -f web.yaml --contexts tokyo-cluster --yes --on-failure=rollback
  exits 1
  says "Namespace production stays, since others may use it by now"
  [ "$(value tokyo-cluster $namespace/configmaps/settings-1 .code)" = 404 ]
  [ "$(value tokyo-cluster $deployments/web .code)" = 404 ]
  [ "$(value tokyo-cluster /api/v1/namespaces/production .kind)" = Namespace ]
}

@test "deletes wait until all else is ready, and are not begun when it is not" {
  input 1 >web.yaml
  fedctl apply -f web.yaml $contexts --yes --set shop >/dev/null
  input 2 tokyo-cluster >web.yaml
  run undone --prune --set shop -o json
  exits 3
  [ "$(value tokyo-cluster $namespace/configmaps/settings-1 .kind)" = ConfigMap ]
  [ "$(value ireland-cluster $namespace/configmaps/settings-1 .code)" = 404 ]
  order=$(grep ireland <<<"$output" | jq -r 'select(.type == "ready" or .action == "delete") | .type')
  [ "$order" = "ready
applied" ]
  [ "$(grep rolled_back <<<"$output" | jq -c 'select(.type == "rolled_back") | .object.kind' | sort -u)" = '"ConfigMap"
"Deployment"' ]
  [ "$(grep '"type":"result"' <<<"$output" | jq -c '[.clusters[].outcome]')" = '["rolled back","done","done"]' ]
}

@test "an adopted object is given back to whom it was of" {
  create tokyo-cluster /api/v1/namespaces '{"metadata":{"name":"production"}}'
  api tokyo-cluster "$deployments?fieldManager=kubectl-client-side-apply" -X POST -H 'Content-Type: application/json' -d '{"metadata":{"name":"web","labels":{"team":"x"}},
    "spec":{"replicas":1,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"app","image":"registry.example.com/web:0"}]}}}}' >/dev/null
  content tokyo-cluster $deployments/web | jq 'del(.metadata.annotations)' >before
  owned=$(owners tokyo-cluster $deployments/web)
  input 2 tokyo-cluster | sed '1,/^---/d' >web.yaml
  run fedctl apply -f web.yaml --contexts tokyo-cluster --yes --adopt --on-failure=rollback --timeout 3s
  exits 1
  diff <(content tokyo-cluster $deployments/web | jq 'del(.metadata.annotations)') before
  [ "$(owners tokyo-cluster $deployments/web)" = "$owned" ]
}

@test "a wave that fails goes back, and the next is held back" {
  input 1 >web.yaml
  fedctl apply -f web.yaml $contexts --yes >/dev/null
  input 2 tokyo-cluster >web.yaml
  run undone --wave tokyo-cluster --wave ireland-cluster,virginia-cluster
  exits 3
  for cluster in "${three[@]}"; do [ "$(value "$cluster" $deployments/web .spec.replicas)" = 2 ]; done
  says "held back"
}

@test "without it nothing goes back, and a word it does not know is refused" {
  input 1 >web.yaml
  fedctl apply -f web.yaml $contexts --yes >/dev/null
  input 2 tokyo-cluster >web.yaml
  run fedctl apply -f web.yaml $contexts --yes --timeout 3s
  exits 3
  [ "$(value tokyo-cluster $deployments/web .spec.replicas)" = 3 ]
  run fedctl apply -f web.yaml $contexts --yes --on-failure=revert
  exits 1
  one_error
}

@test "with continue, what does not lean on the failed object goes on" {
  input 1 >web.yaml
  printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: bad, namespace: production}\nspec: {ports: [{port: 80}], clusterIP: 1.2.3.4}\n' >>web.yaml
  run fedctl apply -f web.yaml --contexts tokyo-cluster --yes --on-failure=continue
  exits 3
  [ "$(value tokyo-cluster $deployments/web .status.readyReplicas)" = 2 ]
}
