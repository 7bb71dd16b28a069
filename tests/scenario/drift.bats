#!/usr/bin/env bats
# What others do to our objects is found, all of it, and nothing else.

setup_file() { load support; start_clusters; forget production; }
setup() { load support; in_own_folder; }

@test "random edits by other managers are each found, none is invented, and reading everything says the same" {
  run python3 "$BATS_TEST_DIRNAME/random_edits.py" "$FEDCTL" tokyo-cluster,ireland-cluster . "${FEDCTL_EDITS:-60}" "${FEDCTL_SEED:-$RANDOM}"
  echo "$output"
  exits 0
}

@test "--drift-only says what others changed, who and when, and not what the input changed" {
  forget production
  cat >input.yaml <<'EOF'
apiVersion: v1
kind: Namespace
metadata: {name: production}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: production}
data: {mode: fast, level: info}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other, namespace: production}
data: {a: b}
EOF
  maps=/api/v1/namespaces/production/configmaps
  fedctl apply -f input.yaml $contexts --yes >/dev/null
  run fedctl plan -f input.yaml $contexts --drift-only --detailed-exitcode
  exits 0
  says "No drift."
  sed -i 's/level: info/level: debug/' input.yaml
  meddle tokyo-cluster $maps/settings '{"data": {"mode": "slow"}}'
  api ireland-cluster $maps/other -X DELETE >/dev/null
  run fedctl plan -f input.yaml $contexts --drift-only --detailed-exitcode
  exits 2
  says "data.mode: slow -> fast   changed by somebody at 20"
  says_not "data.level"
  says "missing: deleted, or never applied"
  says "Drift: 1 object changed, 1 missing; 7 as applied, 0 in conflict, 0 unknown."
  run fedctl plan -f input.yaml $contexts --drift-only -o json
  [ "$(jq -r '.clusters[0].changes[] | select(.action == "update").fields[0].changedBy.manager' <<<"$output")" = somebody ]
}

@test "a field that another manager applies is listed with its holder and both values" {
  forget production
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: production}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared, namespace: production}\ndata: {mode: ours, note: x}\n' >input.yaml
  fedctl apply -f input.yaml --contexts tokyo-cluster --yes >/dev/null
  api tokyo-cluster '/api/v1/namespaces/production/configmaps/shared?fieldManager=argocd&force=true' -X PATCH -H 'Content-Type: application/apply-patch+yaml' \
    -d '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}, "data": {"mode": "theirs"}}' >/dev/null
  run fedctl plan -f input.yaml --contexts tokyo-cluster
  exits 4
  says "data.mode: theirs -> ours   held by argocd"
  says "--force-conflicts"
}

@test "what an autoscaler scales keeps its replicas, and the plan says so" {
  forget production
  web=$FEDCTL_SOURCE/examples/federated-web-app.yaml
  deployment=/apis/apps/v1/namespaces/production/deployments/web-app
  fedctl apply -f "$web" $contexts --yes --wait=false >/dev/null
  create tokyo-cluster /apis/autoscaling/v2/namespaces/production/horizontalpodautoscalers '{"metadata": {"name": "scaler"}, "spec": {"maxReplicas": 20, "minReplicas": 9, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web-app"}}}'
  meddle tokyo-cluster $deployment/scale '{"spec": {"replicas": 9}}'
  meddle ireland-cluster $deployment/scale '{"spec": {"replicas": 9}}'
  run fedctl plan -f "$web" $contexts
  exits 0
  says "spec.replicas: 9 -> 3"
  says_not "spec.replicas: 9 -> 5"
  run fedctl plan -f "$web" $contexts -o json
  [ "$(jq -r '.clusters[0].changes[] | select(.object.kind == "Deployment").note' <<<"$output")" = "spec.replicas is left to HorizontalPodAutoscaler scaler" ]
  sed 's/cpu: 200m/cpu: 300m/' "$web" >web.yaml
  run fedctl apply -f web.yaml $contexts --yes --wait=false
  exits 0
  says "left to HorizontalPodAutoscaler scaler"
  [ "$(value tokyo-cluster $deployment .spec.replicas)" = 9 ]
  [ "$(value ireland-cluster $deployment .spec.replicas)" = 3 ]
}
