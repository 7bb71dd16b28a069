#!/usr/bin/env bats
# Plan and apply with a host: what it holds goes to the clusters that joined it. Each test goes on from the one before.

setup_file() {
  load support
  start_federation
  fedctl init $host >/dev/null
  for cluster in "${three[@]}"; do fedctl join $cluster $host >/dev/null; done
}
setup() {
  load support
  in_own_folder
  core=/apis/core.kubefed.io/v1beta1/namespaces/$system
  types=/apis/types.kubefed.io/v1beta1/namespaces/production
  deployment=/apis/apps/v1/namespaces/production/deployments/web-app
  leases=/apis/coordination.k8s.io/v1/namespaces/$system/leases
}
teardown_file() { load support; leave_federation; }

status_of() { value host-cluster "$types/$1" '[.status.conditions[0].status, .status.conditions[0].reason // "-", (.status.clusters | map(.name + (if .status then "=" + .status else "" end)) | join(","))] | join(" ")'; }
config_map() { printf 'apiVersion: types.kubefed.io/v1beta1\nkind: FederatedConfigMap\nmetadata: {name: %s, namespace: production}\nspec: {template: {data: {a: %s}}, placement: {clusterSelector: {}}}\n---\n' "$1" "${2:-b}"; }

@test "from enable to running replicas, as the article goes" {
  for type in deployments services configmaps secrets ingresses; do fedctl enable $type $host; done
  create host-cluster /api/v1/namespaces '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "production"}}'
  sed -n '/^kind: FederatedDeployment/,$p' "$FEDCTL_SOURCE/examples/federated-web-app.yaml" | sed '1i apiVersion: types.kubefed.io/v1beta1' >web.yaml
  api host-cluster $types/federateddeployments -X POST -H 'Content-Type: application/yaml' --data-binary @web.yaml >/dev/null
  run fedctl plan $host
  exits 0
  says "namespaces are not federated; run 'fedctl enable namespaces'"
  run fedctl enable namespaces $host
  exits 0
  run fedctl plan $host
  exits 0
  says "its namespace production is not federated; run 'fedctl federate namespace production'"
  run fedctl federate namespace production $host
  exits 0
  run fedctl plan $host --detailed-exitcode
  exits 2
  says "Plan: 6 to create, 0 to update, 0 to delete"
  run fedctl apply $host --yes
  exits 0
  [ "$(value tokyo-cluster $deployment .status.readyReplicas)" = 5 ]
  [ "$(value ireland-cluster $deployment .status.readyReplicas)" = 3 ]
  [ "$(value virginia-cluster $deployment .status.readyReplicas)" = 4 ]
  [ "$(status_of federateddeployments/web-app)" = "True - ireland-cluster,tokyo-cluster,virginia-cluster" ]
}

@test "afterwards nothing is to do, and apply writes no status anew" {
  before=$(value host-cluster $types/federateddeployments/web-app .metadata.resourceVersion)
  run fedctl plan $host --detailed-exitcode
  exits 0
  says "No changes."
  run fedctl apply $host --yes
  exits 0
  [ "$(value host-cluster $types/federateddeployments/web-app .metadata.resourceVersion)" = "$before" ]
}

@test "a fleet file may name the host, and the current context may be it" {
  printf 'apiVersion: fedctl.io/v1alpha1\nkind: Fleet\nmetadata: {name: f}\nspec: {host: {context: host-cluster}}\n' >fleet.yaml
  run fedctl plan --detailed-exitcode
  exits 0
  says "6 unchanged"
  rm fleet.yaml
  kubeconfig_of host-cluster host-cluster >host.kubeconfig
  echo "current-context: host-cluster" >>host.kubeconfig
  run fedctl plan --kubeconfig host.kubeconfig
  exits 0
  says "6 unchanged"
  kubeconfig_of tokyo-cluster tokyo-cluster >member.kubeconfig
  echo "current-context: tokyo-cluster" >>member.kubeconfig
  run fedctl plan --kubeconfig member.kubeconfig
  exits 1
  one_error
  says "the current context tokyo-cluster is no host of a federation"
}

@test "with -f the host's own changes are shown and made too" {
  sed 's/replicas: 3/replicas: 6/' "$FEDCTL_SOURCE/examples/federated-web-app.yaml" | sed -n '/^kind: FederatedDeployment/,$p' | sed '1i apiVersion: types.kubefed.io/v1beta1' >web.yaml
  { echo ---; config_map settings; } >>web.yaml
  run fedctl plan -f web.yaml $host -o json
  exits 0
  [ "$(jq -r '.host | .name, (.changes | map(.action + " " + .object.kind) | join(","))' <<<"$output" | paste -sd' ')" = "host-cluster update FederatedDeployment,create FederatedConfigMap" ]
  run fedctl apply -f web.yaml $host --yes
  exits 0
  [ "$(value host-cluster $types/federateddeployments/web-app .spec.template.spec.replicas)" = 6 ]
  [ "$(value ireland-cluster /api/v1/namespaces/production/configmaps/settings .data.a)" = b ]
  [ "$(status_of federatedconfigmaps/settings)" = "True - ireland-cluster,tokyo-cluster,virginia-cluster" ]
  [ "$(value host-cluster $types/federateddeployments/web-app '.metadata.labels["kubefed.io/managed"]')" = null ]
}

@test "a file that is wrong changes nothing in the host; a stored object that is wrong fails alone" {
  config_map bad >bad.yaml
  sed -i 's/placement:.*/placement: {clusterSelector: {}}, overrides: [{clusterName: nowhere, clusterOverrides: []}]}/' bad.yaml
  run fedctl apply -f bad.yaml $host --yes
  exits 1
  one_error
  says "bad.yaml:4"
  says "the fleet has no cluster 'nowhere'"
  [ "$(value host-cluster $types/federatedconfigmaps/bad .code)" = 404 ]
  create host-cluster $types/federatedconfigmaps '{"apiVersion": "types.kubefed.io/v1beta1", "kind": "FederatedConfigMap", "metadata": {"name": "bad"}, "spec": {"template": {"data": {"a": "b"}}, "placement": {"clusterSelector": {}}, "overrides": [{"clusterName": "tokyo-cluster", "clusterOverrides": [{"path": "/nothing/here", "value": 1}]}]}}'
  create host-cluster $types/federatedconfigmaps '{"apiVersion": "types.kubefed.io/v1beta1", "kind": "FederatedConfigMap", "metadata": {"name": "good"}, "spec": {"template": {"data": {"a": "b"}}, "placement": {"clusterSelector": {}}}}'
  run fedctl apply $host --yes
  exits 3
  says "override 0 of cluster 'tokyo-cluster'"
  [ "$(value tokyo-cluster /api/v1/namespaces/production/configmaps/good .data.a)" = b ]
  [ "$(status_of federatedconfigmaps/bad)" = "False CheckClusters ireland-cluster,tokyo-cluster=ApplyOverridesFailed,virginia-cluster" ]
  run fedctl delete cm bad good -n production $host --yes
  exits 0
}

@test "an existing object is taken over as adoptResources says, and by annotation" {
  meddle host-cluster $core/kubefedconfigs/kubefed '{"spec": {"syncController": {"adoptResources": "Disabled"}}}'
  create tokyo-cluster /api/v1/namespaces/production/configmaps '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs"}, "data": {"a": "theirs"}}'
  config_map theirs ours >theirs.yaml
  run fedctl apply -f theirs.yaml $host --yes
  exits 4
  says "exists, and is not ours"
  [ "$(value tokyo-cluster /api/v1/namespaces/production/configmaps/theirs .data.a)" = theirs ]
  [ "$(value ireland-cluster /api/v1/namespaces/production/configmaps/theirs .data.a)" = ours ]
  [ "$(status_of federatedconfigmaps/theirs)" = "False CheckClusters ireland-cluster,tokyo-cluster=AlreadyExists,virginia-cluster" ]
  meddle host-cluster $types/federatedconfigmaps/theirs '{"metadata": {"annotations": {"fedctl.io/adopt": "true"}}}'
  run fedctl apply $host --yes
  exits 0
  [ "$(value tokyo-cluster /api/v1/namespaces/production/configmaps/theirs .data.a)" = ours ]
  meddle host-cluster $core/kubefedconfigs/kubefed '{"spec": {"syncController": {"adoptResources": "Enabled"}}}'
}

@test "a live Deployment that is federated is not restarted where it runs" {
  plain=$(sed 's/name: plain/name: live/' "$BATS_TEST_DIRNAME/deployment.yaml")
  for cluster in host-cluster tokyo-cluster; do
    api $cluster /apis/apps/v1/namespaces/production/deployments -X POST -H 'Content-Type: application/yaml' -d "$plain" >/dev/null
  done
  pods=/api/v1/namespaces/production/pods?labelSelector=app%3Dplain
  for _ in $(seq 100); do [ "$(value tokyo-cluster "$pods" '.items | length')" = 2 ] && break; sleep 0.1; done
  before=$(value tokyo-cluster "$pods" '[.items[].metadata.uid] | sort | join(" ")')
  run fedctl disable deployments $host
  exits 0
  run fedctl federate deploy live -n production $host
  exits 1
  says "deployments.apps is not enabled; run 'fedctl enable deployments.apps', or use --enable-type"
  run fedctl federate deploy live -n production --enable-type $host
  exits 0
  run fedctl apply $host --yes
  exits 0
  [ "$(value tokyo-cluster "$pods" '[.items[].metadata.uid] | sort | join(" ")')" = "$before" ]
  [ "$(value tokyo-cluster /apis/apps/v1/namespaces/production/deployments/live '.metadata.labels["kubefed.io/managed"]')" = true ]
  run fedctl federate deploy live -n production $host
  exits 4
  says "it is federated already"
}

@test "a type whose propagation is Disabled is left alone" {
  meddle host-cluster $core/federatedtypeconfigs/deployments.apps '{"spec": {"propagation": "Disabled"}}'
  meddle tokyo-cluster $deployment '{"spec": {"replicas": 9}}'
  run fedctl apply $host --yes
  exits 0
  [ "$(value tokyo-cluster $deployment .spec.replicas)" = 9 ]
  meddle host-cluster $core/federatedtypeconfigs/deployments.apps '{"spec": {"propagation": "Enabled"}}'
  run fedctl apply $host --yes
  exits 0
  [ "$(value tokyo-cluster $deployment .spec.replicas)" = 5 ]
}

@test "a cluster that is down is ClusterNotReady, the others go on" {
  endpoint=$(value host-cluster $core/kubefedclusters/ireland-cluster .spec.apiEndpoint)
  meddle host-cluster $core/kubefedclusters/ireland-cluster '{"spec": {"apiEndpoint": "https://127.0.0.1:1"}}'
  config_map settings new >settings.yaml
  run fedctl apply -f settings.yaml $host --yes
  exits 3
  [ "$(value tokyo-cluster /api/v1/namespaces/production/configmaps/settings .data.a)" = new ]
  [ "$(status_of federatedconfigmaps/settings)" = "False CheckClusters ireland-cluster=ClusterNotReady,tokyo-cluster,virginia-cluster" ]
  run fedctl delete cm settings -n production $host --yes
  exits 3
  says "it stays in the host, since copies may be left in ireland-cluster"
  [ "$(value host-cluster $types/federatedconfigmaps/settings .kind)" = FederatedConfigMap ]
  meddle host-cluster $core/kubefedclusters/ireland-cluster "{\"spec\": {\"apiEndpoint\": \"$endpoint\"}}"
  run fedctl delete cm settings -n production $host --yes
  exits 0
  [ "$(value host-cluster $types/federatedconfigmaps/settings .code)" = 404 ]
  [ "$(value ireland-cluster /api/v1/namespaces/production/configmaps/settings .code)" = 404 ]
}

@test "delete shows what goes, and --orphan by annotation lets copies stay as nobody's" {
  run fedctl orphaning-deletion status federateddeployment live -n production $host
  exits 0
  [ "$output" = Disabled ]
  run fedctl orphaning-deletion enable federateddeployment live -n production $host
  exits 0
  [ -z "$output" ]
  run fedctl orphaning-deletion status deploy live -n production $host
  [ "$output" = Enabled ]
  run fedctl delete deploy/live -n production $host --yes
  exits 0
  says "its federated object was deleted; its copy stays"
  [ "$(value tokyo-cluster /apis/apps/v1/namespaces/production/deployments/live '.metadata.labels["kubefed.io/managed"]')" = null ]
  [ "$(value tokyo-cluster /apis/apps/v1/namespaces/production/deployments/live '[.metadata.managedFields[] | select(.manager == "fedctl")] | length')" = 0 ]
  [ "$(value tokyo-cluster /apis/apps/v1/namespaces/production/deployments/live .spec.replicas)" = 2 ]
  run fedctl delete deploy nosuch -n production $host --yes
  exits 1
  one_error
  says "the host holds no such object"
  run fedctl delete deploy web-app -n production $host </dev/null
  exits 4
}

@test "what kubectl deleted under KubeFed's finalizer is finished by apply" {
  config_map held >held.yaml
  fedctl apply -f held.yaml $host --yes
  meddle host-cluster $types/federatedconfigmaps/held '{"metadata": {"finalizers": ["kubefed.io/sync-controller"]}}'
  api host-cluster $types/federatedconfigmaps/held -X DELETE >/dev/null
  run fedctl apply $host --yes
  exits 0
  [ "$(value host-cluster $types/federatedconfigmaps/held .code)" = 404 ]
  [ "$(value tokyo-cluster /api/v1/namespaces/production/configmaps/held .code)" = 404 ]
}

@test "--prune deletes what the files no longer hold, and copies whose federated object is gone" {
  { config_map one; config_map two; } >all.yaml
  run fedctl apply -f all.yaml --set pair $host --yes
  exits 0
  config_map one >all.yaml
  run fedctl plan -f all.yaml --set pair $host
  says "0 to delete"
  run fedctl plan -f all.yaml --set other --prune $host
  says "0 to delete"
  run fedctl apply -f all.yaml --set pair --prune $host --yes
  exits 0
  [ "$(value host-cluster $types/federatedconfigmaps/two .code)" = 404 ]
  [ "$(value virginia-cluster /api/v1/namespaces/production/configmaps/two .code)" = 404 ]
  [ "$(value host-cluster $types/federateddeployments/web-app .kind)" = FederatedDeployment ] # of no set, so of no concern to this one
  api host-cluster $types/federatedconfigmaps/one -X DELETE >/dev/null
  run fedctl plan $host
  says "0 to delete"
  run fedctl apply --prune $host --yes
  exits 0
  [ "$(value virginia-cluster /api/v1/namespaces/production/configmaps/one .code)" = 404 ]
}

@test "one apply at a time: a second one waits, then gives up saying who is at work" {
  now() { date -u +%Y-%m-%dT%H:%M:%S.000000Z; }
  spec="{\"holderIdentity\": \"alice@laptop/1\", \"leaseDurationSeconds\": 3600, \"acquireTime\": \"$(now)\", \"renewTime\": \"$(now)\"}"
  api host-cluster $leases/fedctl -X DELETE >/dev/null
  create host-cluster $leases "{\"apiVersion\": \"coordination.k8s.io/v1\", \"kind\": \"Lease\", \"metadata\": {\"name\": \"fedctl\", \"annotations\": {\"fedctl.io/operation\": \"apply\"}}, \"spec\": $spec}"
  run fedctl apply $host --yes --lock-timeout 1s
  exits 4
  one_error
  says "alice@laptop/1 (apply) is at work on this cluster since"
  # Given back while somebody waits: the waiting one goes on at once.
  (sleep 1; meddle host-cluster $leases/fedctl '{"spec": {"holderIdentity": ""}}') 3>&- &
  run fedctl apply $host --yes --lock-timeout 30s
  exits 0
  says "waiting for alice@laptop/1 (apply)"
  [ "$(value host-cluster $leases/fedctl .spec.holderIdentity)" = "" ]
  # A holder that died half a minute ago holds nothing.
  meddle host-cluster $leases/fedctl '{"spec": {"holderIdentity": "bob@laptop/2", "leaseDurationSeconds": 30, "renewTime": "2026-01-01T00:00:00.000000Z"}}'
  run fedctl apply $host --yes --lock-timeout 0s
  exits 0
}

@test "while a KubeFed controller renews its lease, only the host is written" {
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  record="{\\\"holderIdentity\\\":\\\"kubefed_1\\\",\\\"leaseDurationSeconds\\\":600,\\\"renewTime\\\":\\\"$now\\\"}"
  create host-cluster /api/v1/namespaces/$system/configmaps "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"kubefed-controller-manager\", \"annotations\": {\"control-plane.alpha.kubernetes.io/leader\": \"$record\"}}}"
  config_map controlled >controlled.yaml
  run fedctl apply -f controlled.yaml $host --yes
  exits 0
  says "a KubeFed controller is at work in host-cluster (kubefed_1)"
  [ "$(value host-cluster $types/federatedconfigmaps/controlled .kind)" = FederatedConfigMap ]
  [ "$(value tokyo-cluster /api/v1/namespaces/production/configmaps/controlled .code)" = 404 ]
  api host-cluster /api/v1/namespaces/$system/configmaps/kubefed-controller-manager -X DELETE >/dev/null
  run fedctl apply $host --yes
  exits 0
  [ "$(value tokyo-cluster /api/v1/namespaces/production/configmaps/controlled .data.a)" = b ]
}

@test "unjoin is refused while copies are there; --delete-resources deletes them" {
  run fedctl unjoin virginia-cluster $host
  exits 4
  one_error
  says "of the federation, such as"
  [ "$(value virginia-cluster $deployment .kind)" = Deployment ]
  run fedctl unjoin virginia-cluster $host --delete-resources
  exits 0
  for _ in $(seq 100); do [ "$(value virginia-cluster $deployment .code)" = 404 ] && break; sleep 0.1; done
  [ "$(value virginia-cluster $deployment .code)" = 404 ]
  fedctl join virginia-cluster $host
  run fedctl apply $host --yes
  exits 0
}

@test "what was applied from files, and what is another host's, is no copy: unjoin and delete leave it, and its namespace" {
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-files, namespace: production}\ndata: {a: b}\n' >files.yaml
  fedctl apply -f files.yaml --contexts virginia-cluster --yes
  other='{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web-config", "labels": {"kubefed.io/managed": "true"}, "annotations": {"fedctl.io/host": "another"}}}'
  create virginia-cluster /api/v1/namespaces/production/configmaps "$other"
  config_map web-config >web-config.yaml
  run fedctl unjoin virginia-cluster $host --delete-resources
  exits 0
  says "namespace production: it holds objects that are not the federation's, so it stays"
  for name in from-files web-config; do [ "$(value virginia-cluster /api/v1/namespaces/production/configmaps/$name .kind)" = ConfigMap ]; done
  fedctl join virginia-cluster $host
  run fedctl apply $host --yes
  exits 0
  for name in from-files web-config; do api virginia-cluster /api/v1/namespaces/production/configmaps/$name -X DELETE >/dev/null; done
}

@test "a namespace with strangers in it outlives its federated object" {
  create tokyo-cluster /api/v1/namespaces/production/configmaps '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "stranger"}}'
  api ireland-cluster /apis/apps/v1/namespaces/production/deployments/live -X DELETE >/dev/null # an orphan is a stranger, too
  run fedctl delete namespace production $host --yes
  exits 0
  says "objects that are not the federation's, so it stays"
  [ "$(value tokyo-cluster /api/v1/namespaces/production/configmaps/stranger .kind)" = ConfigMap ]
  for _ in $(seq 100); do [ "$(value ireland-cluster /api/v1/namespaces/production .code)" = 404 ] && break; sleep 0.1; done
  [ "$(value ireland-cluster /api/v1/namespaces/production .code)" = 404 ]
  [ "$(value tokyo-cluster $deployment .code)" = 404 ]
}

@test "nothing secret is said, whatever -v" {
  secret=$(value host-cluster $core/kubefedclusters/tokyo-cluster .spec.secretRef.name)
  token=$(value host-cluster /api/v1/namespaces/$system/secrets/$secret .data.token | base64 -d)
  for command in "plan" "apply --yes" "clusters check" "join tokyo-cluster --error-on-existing=false"; do
    run fedctl $command $host -v 9
    says_not "$token"
    says_not "$(base64 -w0 <<<"$token" | cut -c1-60)"
  done
}
