#!/usr/bin/env bats
# federate: from ordinary objects, live or in files, to federated ones.

setup_file() {
  load support
  start_federation
  fedctl init $host >/dev/null
  fedctl join tokyo-cluster $host >/dev/null
  fedctl join ireland-cluster $host --label region=europe >/dev/null
  create host-cluster /api/v1/namespaces '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "production", "labels": {"team": "web"}}}'
}
setup() { load support; in_own_folder; types=/apis/types.kubefed.io/v1beta1/namespaces/production; }
teardown_file() { load support; leave_federation; }

@test "a namespace that the host lacks comes with the command that makes it" {
  run fedctl federate namespace nowhere $host
  exits 1
  one_error
  says "create it first: kubectl --context host-cluster create namespace nowhere"
  says_not "--create-namespaces"
}

@test "unjoin of what is not joined names those that are, whatever contexts there are" {
  for name in nope tokio-cluster virginia-cluster; do
    run fedctl unjoin $name $host
    exits 1
    one_error
    says "$name is not joined"
    says "; joined are ireland-cluster, tokyo-cluster"
  done
  run fedctl unjoin tokio-cluster $host
  says "did you mean 'tokyo-cluster'?"
}

@test "-f turns many documents into federated ones and asks no cluster" {
  cat >plain.yaml <<EOF
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: production, uid: x, resourceVersion: "7", managedFields: [], ownerReferences: [], annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}", example.com/kept: "yes"}}, data: {k: v}}
- {apiVersion: v1, kind: Service, metadata: {name: b}, spec: {clusterIP: 10.0.0.7, clusterIPs: [10.0.0.7], healthCheckNodePort: 31000, ports: [{port: 80, nodePort: 30080}]}, status: {loadBalancer: {}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: production}
spec: {finalizers: [kubernetes]}
EOF
  KUBECONFIG=/nonexistent run fedctl federate -f plain.yaml
  exits 0
  golden federated.yaml
  run fedctl federate -f plain.yaml --placement tokyo-cluster,ireland-cluster
  says "- name: tokyo-cluster"
  run fedctl federate -f plain.yaml --cluster-selector region=europe
  says "region: europe"
  run fedctl federate -f plain.yaml --cluster-selector 'region in (a,b)'
  exits 1
  one_error
  fedctl federate -f plain.yaml | fedctl render -f - --contexts x >rendered.yaml
  [ "$(grep -c '^kind:' rendered.yaml)" = 3 ]
}

@test "what is federated already, or is no object, is refused with its place" {
  printf 'apiVersion: types.kubefed.io/v1beta1\nkind: FederatedSecret\nmetadata: {name: s}\n' >federated.yaml
  run fedctl federate -f federated.yaml
  exits 1
  one_error
  says "federated.yaml:1:1"
  run fedctl federate
  exits 1
  says "expected TYPE NAME"
  run fedctl federate configmap nosuch -n production $host
  exits 1
  one_error
  run fedctl federate cm kube-root-ca.crt -n production --placement tokio-cluster $host
  exits 1
  says "no such cluster is joined, did you mean 'tokyo-cluster'?"
}

@test "a live object with a placement, and the YAML of it without writing" {
  create host-cluster /api/v1/namespaces/production/configmaps '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"k": "v"}}'
  run fedctl federate cm/settings -n production -o yaml $host
  exits 0
  says "kind: FederatedConfigMap"
  says_not uid
  run fedctl federate cm settings -n production --enable-type --placement tokyo-cluster --adopt --dry-run $host
  exits 0
  says "federatedconfigmap.types.kubefed.io/settings created in namespace production (dry run)"
  run api host-cluster $types/federatedconfigmaps/settings
  says_not '"kind":"FederatedConfigMap"'
  run fedctl federate cm settings -n production --enable-type --placement tokyo-cluster --adopt $host
  exits 0
  [ "$(value host-cluster $types/federatedconfigmaps/settings '.spec.placement.clusters | map(.name) | join(" ")')" = tokyo-cluster ]
  [ "$(value host-cluster $types/federatedconfigmaps/settings '.metadata.annotations["fedctl.io/adopt"]')" = true ]
}

@test "a namespace with its contents: what people wrote, nothing that the cluster made" {
  create host-cluster /api/v1/namespaces/production/secrets '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "password"}, "data": {"p": "cGFzcw=="}}'
  create host-cluster /api/v1/namespaces/production/services '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}], "selector": {"app": "plain"}}}'
  api host-cluster /apis/apps/v1/namespaces/production/deployments -X POST -H 'Content-Type: application/yaml' --data-binary @"$BATS_TEST_DIRNAME/deployment.yaml" >/dev/null
  for _ in $(seq 100); do [ "$(value host-cluster /api/v1/namespaces/production/pods '.items | length')" = 2 ] && break; sleep 0.1; done
  run fedctl federate namespace production --contents $host
  exits 1
  one_error
  says "are not enabled"
  run fedctl federate namespace production --contents --enable-type --skip-api-resources secrets $host
  exits 0
  says "federatednamespace.types.kubefed.io/production created in namespace production"
  says "federateddeployment.types.kubefed.io/plain created"
  says "federatedservice.types.kubefed.io/web created"
  says "federatedconfigmap.types.kubefed.io/settings unchanged"
  says_not password
  says_not federatedpod
  says_not federatedreplicaset
  says_not kube-root-ca.crt
  says_not federatedendpoint
  [ "$(value host-cluster $types/federatedservices/web '.spec.template.spec | has("clusterIP")')" = false ]
  [ "$(value host-cluster $types/federatednamespaces/production .spec.template.metadata.labels.team)" = web ]
  run fedctl apply $host --yes
  exits 0
  [ "$(value ireland-cluster /apis/apps/v1/namespaces/production/deployments/plain .status.readyReplicas)" = 2 ]
  [ "$(value ireland-cluster /api/v1/namespaces/production/configmaps/settings .code)" = 404 ] # placed in tokyo-cluster only
}
