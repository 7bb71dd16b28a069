#!/usr/bin/env bats
# The main job, from a file to running replicas in three clusters, and back to order after somebody meddled.

setup_file() { load support; start_clusters; forget production other; }
setup() { load support; in_own_folder; web=$FEDCTL_SOURCE/examples/federated-web-app.yaml; deployment=/apis/apps/v1/namespaces/production/deployments/web-app; }

@test "plan shows six creates on three clusters, and writes nothing" {
  run fedctl plan -f "$web" $contexts
  exits 0
  says "Plan: 6 to create, 0 to update, 0 to delete; 0 unchanged, 0 in conflict, 0 unknown."
  golden plan-of-creates.txt
  [ "$(value tokyo-cluster /api/v1/namespaces/production .code)" = 404 ]
}

@test "plan --detailed-exitcode exits with 2 when changes are pending, --no-exit-code makes that 0" {
  run fedctl plan -f "$web" $contexts --detailed-exitcode
  exits 2
  run fedctl plan -f "$web" $contexts --detailed-exitcode --no-exit-code
  exits 0
}

@test "plan -o json has clusters, changes and a summary" {
  output=$(fedctl plan -f "$web" $contexts -o json 2>/dev/null)
  [ "$(jq -c .summary <<<"$output")" = '{"conflict":0,"create":6,"delete":0,"unchanged":0,"unknown":0,"update":0}' ]
  [ "$(jq -r '.clusters[1] | .name, .status, .changes[1].action, .changes[1].object.kind' <<<"$output" | paste -sd' ')" = "ireland-cluster ok create Deployment" ]
}

@test "apply without a terminal and without --yes is refused" {
  run fedctl apply -f "$web" $contexts </dev/null
  exits 4
  says "use --yes"
  [ "$(value tokyo-cluster /api/v1/namespaces/production .code)" = 404 ]
}

@test "apply --yes ends with 5, 3 and 4 ready replicas" {
  run fedctl apply -f "$web" $contexts --yes
  exits 0
  [ "$(value tokyo-cluster $deployment .status.readyReplicas)" = 5 ]
  [ "$(value ireland-cluster $deployment .status.readyReplicas)" = 3 ]
  [ "$(value virginia-cluster $deployment .status.readyReplicas)" = 4 ]
  [ "$(value virginia-cluster $deployment '.metadata.labels["kubefed.io/managed"]')" = true ]
}

@test "afterwards everything is unchanged, at one list a type and no dry run" {
  fedctl plan -f "$web" $contexts >/dev/null # keeps the discovery
  run fedctl plan -f "$web" $contexts --detailed-exitcode -v6
  exits 0
  says "No changes."
  says "Plan: 0 to create, 0 to update, 0 to delete; 6 unchanged, 0 in conflict, 0 unknown."
  [ "$(grep -c '^GET ' <<<"$output")" = 6 ]
  says_not PATCH
}

@test "a scaled deployment is one update of one field in one cluster; apply mends it and touches nothing else" {
  before=$(value ireland-cluster $deployment .metadata.resourceVersion)
  meddle tokyo-cluster $deployment '{"spec": {"replicas": 7}}'
  run fedctl plan -f "$web" $contexts --detailed-exitcode
  exits 2
  says "spec.replicas: 7 -> 5"
  golden plan-of-drift.txt
  output=$(fedctl plan -f "$web" $contexts -o json 2>/dev/null | sed 's/"time": "[^"]*"/"time": "T"/')
  golden plan-of-drift.json
  [ "$(jq -c '.clusters[0].changes[] | select(.action == "update").fields[0] | {path, old, new}' <<<"$output")" = '{"path":"spec.replicas","old":7,"new":5}' ]
  run fedctl apply -f "$web" $contexts --yes
  exits 0
  [ "$(value tokyo-cluster $deployment .status.readyReplicas)" = 5 ]
  [ "$(value ireland-cluster $deployment .metadata.resourceVersion)" = "$before" ]
}

@test "a field that is taken away from the input is taken away from the clusters" {
  grep -v cpu: "$web" >less.yaml
  run fedctl plan -f less.yaml $contexts
  says "resources"
  fedctl apply -f less.yaml $contexts --yes >/dev/null
  [ "$(value tokyo-cluster $deployment '.spec.template.spec.containers[0].resources')" = '{}' ]
  run fedctl apply -f "$web" $contexts --yes
  exits 0
}

@test "what others add to an object stays theirs" {
  meddle tokyo-cluster $deployment '{"metadata": {"annotations": {"theirs": "yes"}}}'
  run fedctl plan -f "$web" $contexts --detailed-exitcode
  exits 0
}

@test "an object deleted behind our back is created again; one made again by somebody else is a conflict" {
  api virginia-cluster $deployment -X DELETE >/dev/null
  run fedctl plan -f "$web" $contexts
  says "Plan: 1 to create, 0 to update"
  api virginia-cluster /apis/apps/v1/namespaces/production/deployments -X POST -H 'Content-Type: application/json' -d '{"apiVersion": "apps/v1",
    "kind": "Deployment", "metadata": {"name": "web-app"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {
    "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "theirs"}]}}}}' >/dev/null
  run fedctl plan -f "$web" $contexts
  exits 4
  says "! conflict  Deployment production/web-app"
  run fedctl apply -f "$web" $contexts --yes
  exits 4
  says "nothing was applied"
  [ "$(value virginia-cluster $deployment '.spec.template.spec.containers[0].image')" = theirs ]
  run fedctl apply -f "$web" $contexts --yes --adopt
  exits 0
  [ "$(value virginia-cluster $deployment .status.readyReplicas)" = 4 ]
}

@test "a field that another manager applies is a conflict, until --force-conflicts" {
  api tokyo-cluster "$deployment?fieldManager=argocd&force=true" -X PATCH -H 'Content-Type: application/apply-patch+yaml' \
    -d '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web-app"}, "spec": {"replicas": 9}}' >/dev/null
  run fedctl plan -f "$web" $contexts
  exits 4
  says argocd
  says --force-conflicts
  run fedctl apply -f "$web" $contexts --yes --force-conflicts
  exits 0
  [ "$(value tokyo-cluster $deployment .spec.replicas)" = 5 ]
}

@test "a change of an immutable field is a conflict, never a silent replacement" {
  sed 's/matchLabels: {app: web}/matchLabels: {app: web, more: x}/; s/          labels: {app: web}/          labels: {app: web, more: x}/' "$web" >selector.yaml
  run fedctl plan -f selector.yaml $contexts
  exits 4
  says "only a replacement can make this change"
}

@test "a cluster that leaves the placement loses its copy, and only what we applied" {
  sed '/- name: virginia-cluster/d; /clusterName: virginia/,$d' "$web" >two.yaml
  run fedctl plan -f two.yaml $contexts
  says "- delete    Deployment production/web-app"
  says "no longer placed in this cluster"
  run fedctl apply -f two.yaml $contexts --yes
  exits 0
  [ "$(value virginia-cluster $deployment .code)" = 404 ]
  [ "$(value tokyo-cluster $deployment .spec.replicas)" = 5 ]
}

@test "a fleet file with labels works as contexts do, and --cluster narrows it" {
  cat >fleet.yaml <<YAML
apiVersion: fedctl.io/v1alpha1
kind: Fleet
metadata: {name: global}
spec:
  clusters:
  - {name: tokyo-cluster, kubeconfig: $KUBECONFIG, labels: {region: ap-northeast-1}}
  - {name: ireland-cluster}
  - {name: virginia-cluster}
YAML
  run fedctl clusters
  exits 0
  says "ap-northeast-1"
  run fedctl plan -f "$web" --cluster ireland-cluster
  exits 0
  says ireland-cluster
  says_not tokyo-cluster
}

@test "retainReplicas leaves the replicas to the cluster once the object exists" {
  sed 's/^  placement:/  retainReplicas: true\n  placement:/; /^  overrides:/,$d; s/name: production/name: other/; s/namespace: production/namespace: other/' "$web" >retain.yaml
  other=/apis/apps/v1/namespaces/other/deployments/web-app
  run fedctl apply -f retain.yaml $contexts --yes
  exits 0
  meddle tokyo-cluster $other '{"spec": {"replicas": 6}}'
  run fedctl plan -f retain.yaml $contexts --detailed-exitcode
  exits 0
  sed -i 's/1.0.0/1.1.0/' retain.yaml
  run fedctl apply -f retain.yaml $contexts --yes
  exits 0
  [ "$(value tokyo-cluster $other .spec.replicas)" = 6 ]
  [ "$(value ireland-cluster $other .spec.replicas)" = 3 ]
}

@test "Ctrl-C stops cleanly, says where it stands, and the same apply goes on" {
  sed 's/name: web-app/name: stuck/; s#registry.example.com/web-app:1.0.0#x#; s/      replicas: 3/      replicas: 1/; s/        spec:/        spec:\n          nodeSelector: {no: such}/' "$web" >stuck.yaml
  (source "$testbed/lib.sh" && alone "$FEDCTL" apply -f stuck.yaml $contexts --yes) >out.txt 2>&1 &
  pid=$!
  for _ in $(seq 100); do grep -q 'Deployment production/stuck created' out.txt && break; sleep 0.1; done
  kill -INT $pid
  status=0
  wait $pid || status=$?
  [ "$status" -eq 130 ]
  run cat out.txt
  says "interrupted: what was sent is done"
  run fedctl apply -f stuck.yaml $contexts --yes
  says "unchanged"
}

@test "a rollout that does not come about in time is named, with how far it is" {
  sed 's/name: web-app/name: late/; s/      replicas: 3/      replicas: 1/; s/        spec:/        spec:\n          nodeSelector: {no: such}/' "$web" >late.yaml
  run fedctl apply -f late.yaml $contexts --yes --timeout 2s
  exits 3
  says "Deployment production/late: not ready: 0 of 5 replicas available"
  run fedctl apply -f late.yaml $contexts --yes --wait=false
  exits 0
}

@test "a big file's long texts arrive whole, are found again, and are put back when somebody changed them" {
  python3 - >big.yaml <<'PY'
for i in range(300):
    print(f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: big-{i}, namespace: production}}\ndata: {{short: a, long: \"{i}-{'x' * 5000}\"}}")
print("---\napiVersion: v1\nkind: Namespace\nmetadata: {name: production}")
PY
  run fedctl apply -f big.yaml $contexts --yes
  exits 0
  [ "$(value ireland-cluster /api/v1/namespaces/production/configmaps/big-7 .data.long)" = "7-$(printf 'x%.0s' {1..5000})" ]
  run fedctl plan -f big.yaml $contexts --detailed-exitcode
  exits 0
  meddle ireland-cluster /api/v1/namespaces/production/configmaps/big-7 '{"data": {"long": "short"}}'
  run fedctl plan -f big.yaml $contexts --out big.plan
  says "1 to update"
  says "data.long: short -> 7-xxx"
  run fedctl apply big.plan
  exits 0
  [ "$(value ireland-cluster /api/v1/namespaces/production/configmaps/big-7 .data.long)" = "7-$(printf 'x%.0s' {1..5000})" ]
  run fedctl render -f big.yaml --contexts tokyo-cluster -o json
  [ "$(jq -r '[.clusters[0].objects[] | select(.kind == "ConfigMap") | .data.long | length] | add' <<<"$output")" = 1501090 ]
}
