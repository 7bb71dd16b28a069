#!/usr/bin/env bats
# What adopting gives up is what the server says of the object without it: no more, no less.

setup_file() { load support; start_clusters; forget taken; }
teardown_file() { load support; forget taken; }
setup() {
  load support
  in_own_folder
  api tokyo-cluster "/api/v1/namespaces?fieldManager=kubectl-client-side-apply" -X POST -H 'Content-Type: application/json' \
    -d '{"metadata": {"name": "taken", "labels": {"team": "a"}, "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}}' >/dev/null
  services=/api/v1/namespaces/taken/services
  deployments=/apis/apps/v1/namespaces/taken/deployments
}

# theirs MANAGER COLLECTION FILE: makes the object of the file as that manager's plain write.
theirs() {
  [ "$(api tokyo-cluster "$2?fieldManager=$1" -X POST -H 'Content-Type: application/yaml' --data-binary "@$3" | jq -r .kind)" != Status ]
}

# deployment PORT NAME, service PORT NAME: with little said, so that the server fills in much.
deployment() {
  cat <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: $2, namespace: taken}
spec:
  replicas: 1
  selector: {matchLabels: {app: $2}}
  template:
    metadata: {labels: {app: $2}}
    spec: {containers: [{name: a, image: "registry.example.com/a:1", ports: [{name: http, containerPort: $1}]}]}
END
}
service() {
  cat <<END
apiVersion: v1
kind: Service
metadata: {name: $2, namespace: taken}
spec: {selector: {app: $2}, ports: [{name: http, port: $1, targetPort: $1}]}
END
}

@test "adopting an identical manifest changes nothing but whose it is" {
  deployment 80 same >deployment.yaml
  service 80 same >service.yaml
  theirs kubectl-client-side-apply $deployments deployment.yaml
  theirs kubectl-client-side-apply $services service.yaml
  before=$(value tokyo-cluster $deployments/same .spec)
  run fedctl plan -f deployment.yaml -f service.yaml --contexts tokyo-cluster --adopt
  exits 0
  says "metadata.labels"
  says_not "spec."
  run fedctl apply -f deployment.yaml -f service.yaml --contexts tokyo-cluster --adopt --yes --wait=false
  exits 0
  [ "$(value tokyo-cluster $deployments/same .spec)" = "$before" ]
  [ "$(value tokyo-cluster $services/same '[.metadata.managedFields[].manager] | join(" ")')" = fedctl ]
  run fedctl plan -f deployment.yaml -f service.yaml --contexts tokyo-cluster --detailed-exitcode
  exits 0
}

@test "a port that gets another number under the same name is adopted as the plan shows" {
  deployment 1935 stream >old.yaml
  service 1935 stream >old_service.yaml
  theirs kubectl-client-side-apply $deployments old.yaml
  theirs kubectl-client-side-apply $services old_service.yaml
  deployment 8935 stream >new.yaml
  service 8935 stream >>new.txt
  (cat new.yaml; echo ---; cat new.txt) >all.yaml
  run fedctl plan -f all.yaml --contexts tokyo-cluster --adopt
  exits 0
  says "8935"
  says_not "strategy"
  says_not "sessionAffinity"
  run fedctl apply -f all.yaml --contexts tokyo-cluster --adopt --yes --wait=false
  exits 0
  [ "$(value tokyo-cluster $services/stream '[.spec.ports[].port] | join(" ")')" = 8935 ]
  [ "$(value tokyo-cluster $deployments/stream '[.spec.template.spec.containers[0].ports[].containerPort] | join(" ")')" = 8935 ]
  run fedctl plan -f all.yaml --contexts tokyo-cluster --detailed-exitcode
  exits 0
}

@test "what the manifest drops goes, what others wrote or somebody else applies stays" {
  deployment 80 mixed | sed 's/replicas: 1/replicas: 2, minReadySeconds: 7/; s/^  replicas: 2, /  replicas: 2\n  /' >theirs.yaml
  theirs kubectl-client-side-apply $deployments theirs.yaml
  meddle tokyo-cluster $deployments/mixed '{"metadata": {"annotations": {"note": "kept"}}, "spec": {"paused": true}}'
  api tokyo-cluster "$deployments/mixed?fieldManager=helm" -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"metadata": {"labels": {"heritage": "Helm"}}}' >/dev/null
  deployment 80 mixed >mixed.yaml
  run fedctl plan -f mixed.yaml --contexts tokyo-cluster --adopt
  exits 0
  says "spec.minReadySeconds: 7 -> (none)"
  says "spec.replicas: 2 -> 1"
  says_not "paused"
  says_not "heritage"
  says_not "strategy"
  run fedctl apply -f mixed.yaml --contexts tokyo-cluster --adopt --yes --wait=false
  exits 0
  [ "$(value tokyo-cluster $deployments/mixed '[.spec.minReadySeconds, .spec.replicas, .spec.paused, .metadata.labels.heritage, .metadata.annotations.note] | map(tostring) | join(" ")')" = "null 1 true Helm kept" ]
}

@test "what a live autoscaler scales is adopted with the replicas that it has" {
  deployment 80 scaled | sed 's/replicas: 1/replicas: 3/' >theirs.yaml
  theirs kubectl-client-side-apply $deployments theirs.yaml
  deployment 80 scaled | sed '/replicas/d' >scaled.yaml
  cat >>scaled.yaml <<END
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: scaled, namespace: taken}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: scaled}, minReplicas: 3, maxReplicas: 9}
END
  run fedctl apply -f scaled.yaml --contexts tokyo-cluster --adopt --yes --wait=false
  exits 0
  [ "$(value tokyo-cluster $deployments/scaled .spec.replicas)" = 3 ]
}

@test "a namespace that kubectl applied and that is as the input says is used, and never becomes ours" {
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: taken}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: guest, namespace: taken}\ndata: {a: b}\n' >guest.yaml
  run fedctl plan -f guest.yaml --contexts tokyo-cluster
  exits 0
  says "1 to create, 0 to update, 0 to delete; 1 unchanged, 0 in conflict"
  run fedctl apply -f guest.yaml --contexts tokyo-cluster --yes
  exits 0
  [ "$(value tokyo-cluster /api/v1/namespaces/taken '.metadata.labels["kubefed.io/managed"]')" = null ]
  run fedctl delete -f guest.yaml --contexts tokyo-cluster --yes
  [ "$(value tokyo-cluster /api/v1/namespaces/taken .status.phase)" = Active ]
  # One that says something else is a conflict.
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: taken, labels: {team: b}}\n' >other.yaml
  run fedctl plan -f other.yaml --contexts tokyo-cluster
  exits 4
  says "--adopt takes it over"
}
