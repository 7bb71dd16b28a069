#!/usr/bin/env bats
# The plan tells what is so: who scales, who drifted, what cannot be changed, what does not answer.

setup_file() { load support; start_clusters; forget truth truth-new truth-lost; create tokyo-cluster /api/v1/namespaces '{"metadata": {"name": "truth"}}'; }
teardown_file() {
  load support
  api tokyo-cluster /apis/apiextensions.k8s.io/v1/customresourcedefinitions/notes.truth.example.com -X DELETE >/dev/null
  forget truth truth-new truth-lost
}
setup() {
  load support
  in_own_folder
  deployments=/apis/apps/v1/namespaces/truth/deployments
  maps=/api/v1/namespaces/truth/configmaps
}
teardown() {
  api tokyo-cluster /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/truth -X DELETE >/dev/null
  api tokyo-cluster /apis/apiregistration.k8s.io/v1/apiservices/v1.dead.truth.example.com -X DELETE >/dev/null
}

# shop REPLICAS-LINE IMAGE: a Deployment.
shop() {
  cat <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: truth}
spec:
  $1
  selector: {matchLabels: {app: ${3:-shop}}}
  template:
    metadata: {labels: {app: ${3:-shop}}}
    spec: {containers: [{name: a, image: "registry.example.com/$2"}]}
END
}

plan() { run fedctl plan -f "$1" --contexts tokyo-cluster "${@:2}"; }
apply() { run fedctl apply -f "$1" --contexts tokyo-cluster --yes --wait=false "${@:2}"; }
map() { printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: %s}\ndata: {a: b}\n' "$1" "${2:-truth}"; }

@test "who scaled is named beside another change, without a time that the server does not keep" {
  shop "replicas: 4" shop:1 >shop.yaml
  apply shop.yaml
  exits 0
  fedctl plan -f shop.yaml --contexts tokyo-cluster --out saved.plan >/dev/null
  api tokyo-cluster "$deployments/shop/scale?fieldManager=kubectl" -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"spec": {"replicas": 9}}' >/dev/null
  shop "replicas: 4" shop:2 >shop.yaml
  plan shop.yaml
  exits 0
  says "spec.replicas: 9 -> 4   changed by kubectl"
  plan shop.yaml --drift-only
  says "spec.replicas: 9 -> 4   changed by kubectl"
  says_not " at "
  [ "$(fedctl plan -f shop.yaml --contexts tokyo-cluster -o json | jq -c '.clusters[0].changes[0].fields[] | select(.path == "spec.replicas") | .changedBy | [.manager, has("time")]')" = '["kubectl",false]' ]
  shop "replicas: 5" shop:1 >shop.yaml
  fedctl plan -f shop.yaml --contexts tokyo-cluster --out saved.plan >/dev/null
  api tokyo-cluster "$deployments/shop/scale?fieldManager=kubectl" -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"spec": {"replicas": 7}}' >/dev/null
  run fedctl apply saved.plan
  exits 4
  says "spec.replicas is 7 now, and was 9 (kubectl)"
}

@test "what an autoscaler of the same input scales keeps its replicas" {
  api tokyo-cluster $deployments/shop -X DELETE >/dev/null
  shop "replicas: 4" shop:1 >shop.yaml
  apply shop.yaml
  shop "" shop:1 >shop.yaml
  cat >>shop.yaml <<END
---
apiVersion: types.kubefed.io/v1beta1
kind: FederatedHorizontalPodAutoscaler
metadata: {name: shop, namespace: truth}
spec:
  template: {spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}, minReplicas: 4, maxReplicas: 9}}
  placement: {clusters: [{name: tokyo-cluster}]}
END
  plan shop.yaml
  exits 0
  says_not "spec.replicas"
  apply shop.yaml
  exits 0
  [ "$(value tokyo-cluster $deployments/shop .spec.replicas)" = 4 ]
  plan shop.yaml --detailed-exitcode
  exits 0
}

@test "an immutable field is named with both values, not the server's dump" {
  api tokyo-cluster $deployments/shop -X DELETE >/dev/null
  shop "replicas: 0" shop:1 >shop.yaml
  cat >store.yaml <<END
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store, namespace: truth}
spec:
  serviceName: store
  replicas: 0
  selector: {matchLabels: {app: store}}
  template: {metadata: {labels: {app: store}}, spec: {containers: [{name: a, image: "registry.example.com/a:1"}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: setup, namespace: truth}
spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: a, image: "registry.example.com/setup:1"}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: store, namespace: truth}
spec: {clusterIP: None, selector: {app: store}, ports: [{port: 80}]}
END
  (cat shop.yaml; echo ---; cat store.yaml) >all.yaml
  apply all.yaml
  exits 0
  sed -i 's/1024Mi/5Gi/; s/setup:1/setup:2/; s/clusterIP: None/clusterIP: 10.0.0.77/; s/app: shop/app: other/' all.yaml
  plan all.yaml
  exits 4
  says "spec.volumeClaimTemplates[0].spec.resources.requests.storage: 1Gi -> 5Gi"
  says "spec.template.spec.containers[name=a].image: registry.example.com/setup:1 -> registry.example.com/setup:2"
  says "spec.selector.matchLabels.app: shop -> other"
  says "spec.clusterIP: None -> "
  says_not "updates to statefulset spec"
  says_not "PodTemplateSpec{"
  says_not "volumeMode"
  [ "$(fedctl plan -f all.yaml --contexts tokyo-cluster -o json | jq -c '[.clusters[0].changes[] | select(.object.kind == "StatefulSet") | .fields[] | [.path, .old, .new]]')" = '[["spec.volumeClaimTemplates[0].spec.resources.requests.storage","1Gi","5Gi"]]' ]
}

@test "a webhook that does not answer is the object's trouble, named, and the cluster is reachable" {
  map checked >map.yaml
  apply map.yaml
  exits 0
  map plain default >plain.yaml
  create tokyo-cluster /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations '{"metadata": {"name": "truth"}, "webhooks": [{"name": "gone.truth.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", "timeoutSeconds": 2, "clientConfig": {"service": {"name": "nobody", "namespace": "truth"}}, "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "truth"}}, "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}]}]}'
  sed -i 's/a: b/a: c/' map.yaml
  echo --- >>map.yaml
  cat plain.yaml >>map.yaml
  for _ in $(seq 30); do
    plan map.yaml
    [[ $output == *"gone.truth.example.com"* ]] && break
    sleep 0.2
  done
  exits 3
  says "gone.truth.example.com"
  says "1 to create"
  says_not "unreachable"
}

@test "a namespace that is missing is told and made also for objects whose definition is in the same input" {
  cat >notes.yaml <<END
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: notes.truth.example.com}
spec:
  group: truth.example.com
  names: {kind: Note, plural: notes}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
---
apiVersion: truth.example.com/v1
kind: Note
metadata: {name: first, namespace: truth-new}
END
  plan notes.yaml
  exits 1
  says "there is no namespace 'truth-new'"
  plan notes.yaml --create-namespaces
  exits 0
  says "3 to create"
  apply notes.yaml --create-namespaces
  exits 0
  [ "$(value tokyo-cluster /apis/truth.example.com/v1/namespaces/truth-new/notes/first .metadata.name)" = first ]
}

@test "an API group whose server is gone is unknown, and the rest is planned" {
  create tokyo-cluster /apis/apiregistration.k8s.io/v1/apiservices '{"metadata": {"name": "v1.dead.truth.example.com"}, "spec": {"group": "dead.truth.example.com", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 10, "insecureSkipTLSVerify": true, "service": {"name": "nobody", "namespace": "truth"}}}'
  printf 'apiVersion: dead.truth.example.com/v1\nkind: Thing\nmetadata: {name: t, namespace: truth}\n---\n' >dead.yaml
  map alive >>dead.yaml
  for _ in $(seq 50); do
    rm -rf "$XDG_CACHE_HOME"
    plan dead.yaml
    [[ $output == *"dead.truth.example.com is registered"* ]] && break
    sleep 0.2
  done
  exits 3
  says "the API group dead.truth.example.com is registered, but its server does not answer"
  says "1 to create"
  says_not "serves no"
}

@test "a namespace that is being deleted is said to be" {
  create tokyo-cluster /api/v1/namespaces '{"metadata": {"name": "truth-lost"}}'
  create tokyo-cluster /api/v1/namespaces/truth-lost/configmaps '{"metadata": {"name": "stuck", "finalizers": ["example.com/stuck"]}}'
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: truth-lost}\n---\n' >lost.yaml
  map new truth-lost >>lost.yaml
  api tokyo-cluster /api/v1/namespaces/truth-lost -X DELETE >/dev/null
  plan lost.yaml
  meddle tokyo-cluster /api/v1/namespaces/truth-lost/configmaps/stuck '{"metadata": {"finalizers": null}}'
  [ "$status" -ne 0 ]
  says "it is being deleted since"
  says "namespace truth-lost is being terminated"
  says_not "ask for these rights"
}
