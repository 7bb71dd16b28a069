#!/usr/bin/env bats
# CustomResourceDefinitions with their objects in one go, federated custom types, credentials from a plugin.

setup_file() { load support; start_clusters; }
setup() { load support; in_own_folder; write_input; }

teardown_file() {
  load support
  for cluster in "${three[@]}"; do api "$cluster" /apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.example.com -X DELETE >/dev/null; done
}

write_input() {
  cat >gadget.yaml <<'YAML'
apiVersion: example.com/v1
kind: Gadget
metadata: {name: plain}
spec: {size: 1}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets, singular: gadget, shortNames: [gg]}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
---
apiVersion: types.kubefed.io/v1beta1
kind: FederatedGadget
metadata: {name: federated, namespace: default}
spec:
  template: {spec: {size: 1}}
  placement: {clusters: [{name: tokyo-cluster}]}
  overrides:
  - {clusterName: tokyo-cluster, clusterOverrides: [{path: /spec/size, value: 2}]}
YAML
}

@test "a definition and its objects are applied in one go, the definition first" {
  run fedctl plan -f gadget.yaml $contexts
  exits 0
  says "Plan: 7 to create"
  says "not checked: its CustomResourceDefinition must come first"
  run fedctl apply -f gadget.yaml $contexts --yes
  exits 0
  [ "$(value tokyo-cluster /apis/example.com/v1/namespaces/default/gadgets/federated .spec.size)" = 2 ]
  [ "$(value virginia-cluster /apis/example.com/v1/namespaces/default/gadgets/plain .spec.size)" = 1 ]
  run fedctl plan -f gadget.yaml $contexts --detailed-exitcode
  exits 0
}

@test "a type that is in the clusters, not in the input, is found by discovery" {
  sed '1,/^---$/d' gadget.yaml | sed '1,/^---$/d' >federated.yaml
  run fedctl plan -f federated.yaml $contexts --detailed-exitcode
  exits 0
  says "1 unchanged"
}

@test "a definition that appeared since the discovery was kept is found all the same" {
  fedctl plan -f gadget.yaml $contexts >/dev/null
  sed 's/Gadget/Widget/g; s/gadget/widget/g; s/shortNames: \[gg\]/shortNames: [ww]/' gadget.yaml >widget.yaml
  sed -n '/^apiVersion: apiext/,/^---$/p' widget.yaml | sed '/^---$/d' >definition.yaml
  XDG_CACHE_HOME=$PWD/other fedctl apply -f definition.yaml $contexts --yes >/dev/null
  sed '/^apiVersion: apiext/,/^---$/d' widget.yaml >objects.yaml
  run fedctl plan -f objects.yaml $contexts
  exits 0
  says "Plan: 4 to create"
  for cluster in "${three[@]}"; do api "$cluster" /apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com -X DELETE >/dev/null; done
}

@test "credentials from an exec plugin work on a real cluster, and its failure is shown" {
  cat >plugin.sh <<'SH'
#!/bin/sh
[ -z "$FAIL" ] || { echo "session over, log in again" >&2; exit 1; }
printf '%s\n' "{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {\"clientCertificateData\": \"$(awk '{printf "%s\\n", $0}' "$PKI/admin.crt")\", \"clientKeyData\": \"$(awk '{printf "%s\\n", $0}' "$PKI/admin.key")\"}}"
SH
  chmod +x plugin.sh
  cat >exec.kubeconfig <<YAML
clusters:
- name: k
  cluster: {server: "https://127.0.0.1:$(cat "$FEDCTL_TESTBED_DIR/tokyo-cluster/port")", certificate-authority-data: $(base64 -w0 "$FEDCTL_TESTBED_DIR/pki/ca.crt")}
users:
- name: u
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, interactiveMode: Never, env: [{name: PKI, value: $FEDCTL_TESTBED_DIR/pki}]}}
contexts:
- {name: tokyo-cluster, context: {cluster: k, user: u}}
YAML
  run fedctl plan --kubeconfig exec.kubeconfig --contexts tokyo-cluster -f - <<<'{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}'
  exits 0
  says "1 to create"
  FAIL=1 run fedctl plan --kubeconfig exec.kubeconfig --contexts tokyo-cluster -f - <<<'{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}'
  exits 1
  says "unauthorized: the credential plugin ./plugin.sh failed with exit status 1: session over, log in again"
}

@test "a TLS server name that differs from the address is honoured" {
  cp "$FEDCTL_TESTBED_DIR/tokyo-cluster/port" port
  sed "s#https://127.0.0.1:$(cat port)'#https://localhost:$(cat port)', tls-server-name: kubernetes.default.svc#" "$KUBECONFIG" >sni.kubeconfig
  run fedctl clusters --kubeconfig sni.kubeconfig --contexts tokyo-cluster
  exits 0
  sed -i 's/tls-server-name: kubernetes.default.svc/tls-server-name: somebody.else/' sni.kubeconfig
  run fedctl clusters --kubeconfig sni.kubeconfig --contexts tokyo-cluster
  exits 1
  says untrusted
}
