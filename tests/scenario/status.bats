#!/usr/bin/env bats
# How objects fare in every cluster, without a write.

setup_file() { load support; start_clusters; }
setup() { load support; in_own_folder; forget production; deployments=/apis/apps/v1/namespaces/production/deployments; input >web.yaml; }
teardown() { [ -z "${pane:-}" ] || tmux -L "$pane" kill-server; }

input() {
  cat <<EOF
apiVersion: v1
kind: Namespace
metadata: {name: production}
---
apiVersion: types.kubefed.io/v1beta1
kind: FederatedConfigMap
metadata: {name: settings, namespace: production}
spec:
  placement: {clusterSelector: {}}
  template: {data: {mode: fast}}
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
        spec: {containers: [{name: app, image: "registry.example.com/web:1"}]}
EOF
}

applied() { fedctl apply -f web.yaml $contexts --yes >/dev/null; }

# row CLUSTER: what the table says of the Deployment there, spaces squeezed.
row() { grep -A2 '^Deployment' <<<"$output" | grep "$1" | sed 's/^Deployment production.web//' | tr -s ' ' | sed 's/^ //'; }

@test "nothing is there, then all is as wanted and ready, with the sum of the replicas" {
  run fedctl status -f web.yaml $contexts
  exits 0
  says "9 objects, 9 missing."
  [ "$(row tokyo-cluster)" = "tokyo-cluster missing 2 0 0 -" ]
  applied
  run fedctl status -f web.yaml $contexts --detailed-exitcode
  exits 0
  [ "$(row tokyo-cluster)" = "tokyo-cluster synced 2 2 2 ready" ]
  grep -q '(all)  *6  *6  *6' <<<"$output"
  says "Status: 9 objects, 9 synced."
}

@test "drifted, pending, missing and leaving are told apart, and who meddled is named" {
  applied
  meddle tokyo-cluster $deployments/web '{"spec":{"replicas":5}}'
  api ireland-cluster $deployments/web -X DELETE >/dev/null
  sed -i 's/mode: fast/mode: slow/' web.yaml
  run fedctl status -f web.yaml $contexts -o json --detailed-exitcode
  exits 2
  [ "$(jq -r '.clusters[].objects[] | select(.kind == "ConfigMap") | .sync' <<<"$output" | sort -u)" = pending ]
  [ "$(jq -c '[.clusters[].objects[] | select(.kind == "Deployment") | .sync]' <<<"$output")" = '["drifted","missing","synced"]' ]
  [ "$(jq -r '.clusters[0].objects[] | select(.kind == "Deployment") | "\(.note) \(.replicas.wanted)"' <<<"$output")" = "spec.replicas by somebody 2" ]
  [ "$(jq -c .summary.sync <<<"$output")" = '{"drifted":1,"missing":1,"pending":3,"synced":4}' ]
  [ "$(api tokyo-cluster $deployments/web | jq .spec.replicas)" = 5 ]
}

@test "one object, with its input and without" {
  applied
  create virginia-cluster /api/v1/namespaces/production/configmaps '{"metadata":{"name":"other"}}'
  run fedctl status deploy/web -f web.yaml $contexts
  exits 0
  says "Status: 3 objects, 3 synced."
  says_not ConfigMap
  scaled() { [ "$(value tokyo-cluster $deployments/web .status.readyReplicas)" = 3 ]; }
  meddle tokyo-cluster $deployments/web '{"spec":{"replicas":3}}'
  eventually scaled
  run fedctl status deployments.apps/web -n production $contexts
  exits 0
  [ "$(row tokyo-cluster)" = "tokyo-cluster unknown 3 3 3 ready; written by somebody since; -f tells whether that matters" ]
  run fedctl status cm/other -n production $contexts
  says "not applied by fedctl"
  says "1 foreign, 2 missing"
}

@test "what is not ready says why" {
  sed -i 's/containers: \[/nodeSelector: {disk: fast}, &/' web.yaml
  fedctl apply -f web.yaml $contexts --yes --wait=false >/dev/null
  run fedctl status -f web.yaml $contexts --detailed-exitcode
  exits 2
  says "not ready: "
  says "; 3 not ready."
}

@test "a cluster that cannot be asked is unknown, and no object of it is called missing" {
  applied
  { echo 'apiVersion: v1'; echo 'kind: Config'; kubeconfig_of tokyo-cluster tokyo-cluster; } >k1
  { kubeconfig_of dead tokyo-cluster | sed 's/127.0.0.1:[0-9]*/127.0.0.1:1/; s/name: c/name: d/; s/cluster: c/cluster: d/'; } >k2
  KUBECONFIG=k1:k2 run fedctl status -f web.yaml --contexts tokyo-cluster,dead
  exits 3
  says "dead: unknown (unreachable): "
  says "Status: 6 objects, 3 synced, 3 unknown; 1 cluster unknown."
  says_not missing
  KUBECONFIG=k2 run fedctl status -f web.yaml --contexts dead
  exits 1
}

@test "--watch redraws in place on a terminal, and ends with Ctrl-C" {
  applied
  pane=status-$BATS_TEST_NUMBER-$$
  tmux -L "$pane" new-session -d -x 120 -y 20 "trap : INT; '$FEDCTL' status -f web.yaml $contexts --watch --interval 100ms; echo exit \$?; sleep 60"
  shown() { for _ in $(seq 100); do screen=$(tmux -L "$pane" capture-pane -p); grep -q "$1" <<<"$screen" && return; sleep 0.1; done; echo "$screen"; return 1; }
  shown "9 synced"
  meddle tokyo-cluster $deployments/web '{"spec":{"replicas":4}}'
  shown "1 drifted"
  [ "$(grep -c OBJECT <<<"$screen")" = 1 ]
  tmux -L "$pane" send-keys C-c
  shown "exit 0"
}

@test "elsewhere --watch prints again only when something changed" {
  applied
  "$FEDCTL" status deploy/web -f web.yaml $contexts --watch --interval 50ms -o json >seen 3>&- &
  watcher=$!
  for _ in $(seq 100); do [ -s seen ] && break; sleep 0.1; done
  meddle tokyo-cluster $deployments/web '{"spec":{"replicas":4}}'
  for _ in $(seq 100); do grep -q drifted seen && break; sleep 0.1; done
  kill -INT $watcher
  wait $watcher
  [ "$(jq -rs '[.[] | .summary.sync | has("drifted")] | index(true) > 0' seen)" = true ]
  [ -z "$(uniq -d seen)" ]
}

@test "bad input: each its own error" {
  run fedctl status web $contexts
  exits 1
  one_error
  says "'web' is no TYPE/NAME; as in 'fedctl status deployment/web-app'"
  run fedctl status gadget/web $contexts
  exits 1
  says "no API serves 'gadget'"
  run fedctl status deploy/wep -f web.yaml $contexts
  exits 1
  says "nothing speaks of deploy/wep"
  run fedctl status -f - --watch $contexts <web.yaml
  exits 1
  says "excludes -f -"
  run fedctl status -f web.yaml $contexts -o junit
  exits 1
  run fedctl status
  exits 1
  one_error
}
