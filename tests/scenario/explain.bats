#!/usr/bin/env bats
# Why an object is in a cluster, and where its fields come from.

setup() {
  load support
  in_own_folder
  cp "$FEDCTL_SOURCE"/examples/{federated-web-app,selected-config,fleet}.yaml .
}

@test "an object in all clusters, offline: reasons first, then each field with its source" {
  run fedctl explain deploy/web-app -f federated-web-app.yaml --fleet fleet.yaml
  exits 0
  golden explain.txt
}

@test "one field of one cluster" {
  run fedctl explain deployment/web-app -f federated-web-app.yaml --cluster tokyo-cluster --field spec.replicas
  exits 0
  [ "$(tail -1 <<<"$output" | tr -s ' ')" = "spec.replicas tokyo-cluster 5 override 0 (federated-web-app.yaml:43:30); the template has 3" ]
  says_not ireland
}

@test "where it is not wanted, the part of the input that says so is named" {
  run fedctl explain cm/shop -f selected-config.yaml --fleet fleet.yaml -o json
  exits 0
  [ "$(jq -c '[.objects[0].clusters[] | .wanted]' <<<"$output")" = '[true,true,false]' ]
  [ "$(jq -r '.objects[0].clusters[2] | .reason + " " + .place' <<<"$output")" = \
    "the clusterSelector is empty, so it selects all, but FederatedNamespace shop is not placed there selected-config.yaml:8:3" ]
  run fedctl explain ns/shop -f selected-config.yaml --fleet fleet.yaml
  says "the selector wants continent In [\"asia\",\"europe\"], and its label continent is 'america' (selected-config.yaml:11:9)"
}

@test "what a host holds is explained without asking a member" {
  start_federation
  fedctl init $host >/dev/null
  for cluster in tokyo-cluster ireland-cluster; do fedctl join $cluster $host --label continent=asia >/dev/null; done
  fedctl enable namespaces configmaps $host >/dev/null
  fedctl apply -f selected-config.yaml $host --yes --create-namespaces >/dev/null
  api host-cluster /apis/core.kubefed.io/v1beta1/namespaces/$system/kubefedclusters/ireland-cluster -X PATCH \
    -H 'Content-Type: application/merge-patch+json' -d '{"metadata": {"labels": {"continent": "africa"}}}' >/dev/null
  run fedctl explain configmap/shop -n shop $host
  exits 0
  says "from FederatedConfigMap shop/shop (host-cluster)"
  says "but FederatedNamespace shop is not placed there"
  grep -q 'data.currency  *tokyo-cluster  *JPY  *override 0 (host-cluster /spec/overrides/0' <<<"$output" || { echo "$output"; false; }
  leave_federation
}

@test "bad input: each its own error" {
  run fedctl explain web-app -f federated-web-app.yaml
  exits 1
  one_error
  says "'web-app' is no TYPE/NAME; as in 'fedctl explain deployment/web-app'"
  run fedctl explain deploy/web -f federated-web-app.yaml
  exits 1
  one_error
  says "the input has no deploy/web"
  run fedctl explain deploy/web-app -f federated-web-app.yaml --field spec.replica
  exits 1
  one_error
  says "did you mean 'spec.replicas'?"
  run fedctl explain deploy/web-app -f federated-web-app.yaml --fleet fleet.yaml --cluster tokio-cluster
  exits 1
  says "did you mean 'tokyo-cluster'"
  run fedctl explain
  exits 1
}
