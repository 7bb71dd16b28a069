#!/usr/bin/env bats
# The federation's control plane: init, join, enable, and all of it taken away again. Each test goes on from the one before.

setup_file() { load support; start_federation; }
setup() {
  load support
  in_own_folder
  core=/apis/core.kubefed.io/v1beta1/namespaces/$system
  rbac=/apis/rbac.authorization.k8s.io/v1
  role=kubefed-controller-manager:tokyo-cluster-host-cluster
}
teardown() { stop_helper; }
teardown_file() { load support; leave_federation; }

condition() { value host-cluster "$core/kubefedclusters/$1" ".status.conditions[] | select(.type == \"$2\") | [.status, .reason, .message] | join(\"|\")"; }
left_in_member() {
  api "$1" "/api/v1/namespaces/$system" | jq -r '.metadata.name // empty'
  api "$1" "/api/v1/namespaces/$system/serviceaccounts" | jq -r '.items[].metadata.name | select(. != "default")'
  api "$1" "/api/v1/namespaces/$system/secrets" | jq -r '.items[].metadata.name'
  api "$1" $rbac/clusterroles | jq -r '.items[].metadata.name | select(startswith("kubefed"))'
  api "$1" $rbac/clusterrolebindings | jq -r '.items[].metadata.name | select(startswith("kubefed"))'
}

@test "without a control plane, join and enable say how to make one" {
  for command in "join tokyo-cluster" "enable deployments" "clusters"; do
    run fedctl $command $host
    exits 1
    one_error
    says "fedctl init --host-cluster-context host-cluster"
  done
}

@test "init -o yaml asks no cluster, and a dry run of either kind writes nothing" {
  KUBECONFIG=/nonexistent run fedctl init -o yaml
  exits 0
  says "name: kubefedclusters.core.kubefed.io"
  [ "$(fedctl init -o yaml | grep -c '^---')" = 15 ]
  run fedctl init $host --dry-run
  exits 0
  says "kubefedconfig.core.kubefed.io/kubefed created in namespace $system (dry run)"
  run fedctl init $host --dry-run=server
  exits 0
  [ "$(value host-cluster /api/v1/namespaces/$system .code)" = 404 ]
  run fedctl init $host --dry-run=maybe
  exits 1
  one_error
}

@test "init makes a control plane, again changes nothing, and the scope stays what it is" {
  run fedctl init $host
  exits 0
  says "namespace/$system created"
  says "kubefedconfig.core.kubefed.io/kubefed created"
  [ "$(value host-cluster $core/kubefedconfigs/kubefed .spec.scope)" = Cluster ]
  run fedctl init $host
  exits 0
  says_not created
  says_not updated
  run fedctl init $host --scope Namespaced
  exits 1
  one_error
  says "cannot be changed to Namespaced"
}

@test "KubeFed's own configuration and rights are found and kept" {
  api host-cluster $rbac/clusterroles/kubefed-view -X DELETE >/dev/null
  create host-cluster $rbac/clusterroles '{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "kubefed-view"}, "rules": []}'
  meddle host-cluster $core/kubefedconfigs/kubefed '{"metadata": {"annotations": {"fedctl.io/made-by": null}}, "spec": {"syncController": {"adoptResources": "Disabled"}}}'
  run fedctl init $host
  exits 0
  says "found KubeFedConfig kubefed, scope Cluster: kept as it is"
  [ "$(value host-cluster $core/kubefedconfigs/kubefed .spec.syncController.adoptResources)" = Disabled ]
  [ "$(value host-cluster $rbac/clusterroles/kubefed-view '.rules | length')" = 0 ]
  meddle host-cluster $core/kubefedconfigs/kubefed '{"metadata": {"annotations": {"fedctl.io/made-by": "init"}}, "spec": {"syncController": {"adoptResources": "Enabled"}}}'
}

@test "a dry run of join says what it would make on both sides" {
  run fedctl join tokyo-cluster $host --dry-run
  exits 0
  says "tokyo-cluster: serviceaccount/tokyo-cluster-host-cluster created in namespace $system (dry run)"
  says "host-cluster: kubefedcluster.core.kubefed.io/tokyo-cluster created"
  [ -z "$(left_in_member tokyo-cluster)" ]
}

@test "a user who may not join is told so before anything is written" {
  kubeconfig_of tokyo-cluster tokyo-cluster | sed 's#user: {#&as: nobody, #' >nobody.kubeconfig
  run fedctl join tokyo-cluster $host --cluster-kubeconfig nobody.kubeconfig
  exits 1
  one_error
  says 'User "nobody" cannot get resource "namespaces"'
  reader='{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "kubefed-test-reader"}, "rules": [{"apiGroups": [""], "resources": ["namespaces", "serviceaccounts"], "verbs": ["get"]}]}'
  binding='{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "kubefed-test-reader"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "kubefed-test-reader"}, "subjects": [{"kind": "User", "name": "nobody"}]}'
  create tokyo-cluster $rbac/clusterroles "$reader"
  create tokyo-cluster $rbac/clusterrolebindings "$binding"
  says_lacking() { run fedctl join tokyo-cluster $host --cluster-kubeconfig nobody.kubeconfig --rbac minimal; [[ $output == *"your user may not create serviceaccounts in $system"* ]]; }
  for _ in $(seq 50); do says_lacking && break; sleep 0.1; done # the authorizer learns of the binding a moment later
  says "your user may not create serviceaccounts in $system"
  exits 1
  run fedctl join tokyo-cluster $host --cluster-kubeconfig nobody.kubeconfig
  says "your user may not hand on all rights"
  api tokyo-cluster $rbac/clusterrolebindings/kubefed-test-reader -X DELETE >/dev/null
  api tokyo-cluster $rbac/clusterroles/kubefed-test-reader -X DELETE >/dev/null
  [ -z "$(left_in_member tokyo-cluster)" ]
}

@test "an address that holds a password is not written into the host" {
  for address in 'server: "https://u:hunter2@127.0.0.1:1"' 'server: "https://127.0.0.1:1", proxy-url: "http://u:hunter2@127.0.0.1:1"'; do
    printf 'clusters: [{name: k, cluster: {%s}}]\ncontexts: [{name: tokyo-cluster, context: {cluster: k}}]\n' "$address" >member.kubeconfig
    run fedctl join tokyo-cluster $host --cluster-kubeconfig member.kubeconfig -v9
    exits 1
    one_error
    says "holds a password, which would stand in the host"
    says_not hunter2
  done
}

@test "a join that fails at any step leaves nothing half made" {
  for fault in refuse-1 refuse-2 refuse-3 refuse-4 refuse-5 lose-1 lose-2 lose-3 lose-4 lose-5; do
    through_proxy tokyo-cluster $fault
    run fedctl join tokyo-cluster $host --cluster-kubeconfig proxy.kubeconfig
    exits 1
    one_error
    says "nothing was left behind"
    for _ in $(seq 100); do [ -z "$(left_in_member tokyo-cluster)" ] && break; sleep 0.1; done
    [ -z "$(left_in_member tokyo-cluster)" ] || { echo "$fault left: $(left_in_member tokyo-cluster)" >&2; return 1; }
    [ "$(value host-cluster $core/kubefedclusters '.items | length')" = 0 ]
    [ "$(value host-cluster /api/v1/namespaces/$system/secrets '.items | length')" = 0 ]
  done
}

@test "a join whose host fails takes back what it made in the member" {
  for fault in refuse-1 refuse-2 lose-1 lose-2; do
    through_proxy host-cluster $fault
    run fedctl join tokyo-cluster $host --kubeconfig proxy.kubeconfig --cluster-kubeconfig "$KUBECONFIG"
    exits 1
    says "nothing was left behind"
    for _ in $(seq 100); do [ -z "$(left_in_member tokyo-cluster)" ] && break; sleep 0.1; done
    [ -z "$(left_in_member tokyo-cluster)" ]
    [ "$(value host-cluster /api/v1/namespaces/$system/secrets '.items | length')" = 0 ]
    [ "$(value host-cluster $core/kubefedclusters '.items | length')" = 0 ]
  done
}

@test "a command of the host that fails half way ends with 3, and the same again goes on" {
  for fault in refuse-1:1 refuse-2:3 lose-1:3; do
    through_proxy host-cluster ${fault%:*}
    run fedctl enable secrets $host --kubeconfig proxy.kubeconfig
    exits "${fault#*:}"
    one_error
    run fedctl enable secrets $host
    exits 0
    fedctl disable secrets --delete-crd $host >/dev/null
  done
}

@test "the article's joins: three clusters, Ready at once, with version, region and zones" {
  for cluster in "${three[@]}"; do
    run fedctl join $cluster --cluster-context $cluster $host --kubefed-namespace kube-federation-system --v=2
    exits 0
    says "$cluster joined host-cluster (ready, Kubernetes v1.36.3"
  done
  [ "$(condition tokyo-cluster Ready)" = "True|ClusterReady|/healthz responded with ok" ]
  [ "$(value host-cluster $core/kubefedclusters/tokyo-cluster '.status | [.kubernetesVersion, .region, .zones[0]] | join(" ")')" = "v1.36.3 region-tokyo-cluster region-tokyo-cluster-a" ]
  secret=$(value host-cluster $core/kubefedclusters/tokyo-cluster .spec.secretRef.name)
  [[ $secret == tokyo-cluster-????? ]]
  [ "$(value host-cluster /api/v1/namespaces/$system/secrets/$secret '.data | keys | join(" ")')" = token ]
  [ "$(value tokyo-cluster $rbac/clusterroles/$role '.rules[0] | .apiGroups + .resources + .verbs | join(" ")')" = "* * *" ]
  run fedctl clusters $host -o json
  exits 0
  [ "$(jq -r '[.items[].ready] | all' <<<"$output")" = true ]
}

@test "joining again is refused, unless it is meant to; another name for the same cluster is refused too" {
  run fedctl join tokyo-cluster $host
  exits 4
  one_error
  says "is joined already; --error-on-existing=false"
  before=$(value host-cluster $core/kubefedclusters/tokyo-cluster .spec.secretRef.name)
  run fedctl join tokyo-cluster $host --error-on-existing=false --label region=asia
  exits 0
  [ "$(value host-cluster $core/kubefedclusters/tokyo-cluster .spec.secretRef.name)" = "$before" ]
  [ "$(value host-cluster $core/kubefedclusters/tokyo-cluster .metadata.labels.region)" = asia ]
  run fedctl join tokio --cluster-context tokyo-cluster $host
  exits 4
  one_error
  says "joined already, under the name tokyo-cluster"
}

@test "a rotated token works and the old one does not" {
  secret=$(value host-cluster $core/kubefedclusters/tokyo-cluster .spec.secretRef.name)
  old=$(value host-cluster /api/v1/namespaces/$system/secrets/$secret .data.token | base64 -d)
  run fedctl join tokyo-cluster $host --rotate
  exits 0
  new=$(value host-cluster /api/v1/namespaces/$system/secrets/$secret .data.token | base64 -d)
  [ "$old" != "$new" ]
  server=https://127.0.0.1:$(cat "$FEDCTL_TESTBED_DIR/tokyo-cluster/port")
  asked() { curl -sk -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $1" "$server/api/v1/namespaces"; }
  [ "$(asked "$new")" = 200 ]
  for _ in $(seq 100); do [ "$(asked "$old")" = 401 ] && break; sleep 0.1; done # the API server remembers tokens for 10 s
  [ "$(asked "$old")" = 401 ]
  run fedctl join tokyo-cluster $host --rotate -v9
  exits 0
  new=$(value host-cluster /api/v1/namespaces/$system/secrets/$secret .data.token | base64 -d)
  says_not "$new"
}

@test "a token can have an end, and rights can be minimal and follow what is enabled" {
  run fedctl join tokyo-cluster $host --error-on-existing=false --rbac minimal --token-duration 24h
  exits 0
  secret=$(value host-cluster $core/kubefedclusters/tokyo-cluster .spec.secretRef.name)
  [ -n "$(value host-cluster /api/v1/namespaces/$system/secrets/$secret '.metadata.annotations["fedctl.io/token-expires"]')" ]
  granted() { value tokyo-cluster $rbac/clusterroles/$role '[.rules[] | select(.verbs | index("create")) | .resources[]] | join(" ")'; }
  [ -z "$(granted)" ]
  run fedctl enable deployments configmaps $host
  exits 0
  [ "$(granted)" = "configmaps deployments" ]
  run fedctl disable configmaps --delete-crd $host
  exits 0
  [ "$(granted)" = deployments ]
  run fedctl join tokyo-cluster $host --error-on-existing=false --token-duration 5m
  exits 1
  says "less than 10m"
  fedctl join tokyo-cluster $host --error-on-existing=false --rbac full
}

@test "a token that was taken back is unauthorized, not unreachable; a cluster without its Secret is malformed" {
  api ireland-cluster "/api/v1/namespaces/$system/secrets/ireland-cluster-host-cluster" -X DELETE >/dev/null
  for _ in $(seq 150); do
    run fedctl clusters check $host
    [[ $output == *nauthorized* ]] && break
    sleep 0.1
  done
  exits 3
  [[ $(condition ireland-cluster Ready) == "False|ClusterUnauthorized|"* ]]
  [[ $(condition ireland-cluster Offline) == "False|ClusterReachable|"* ]]
  fedctl join ireland-cluster $host --error-on-existing=false
  [ "$(condition ireland-cluster Ready)" = "True|ClusterReady|/healthz responded with ok" ]
  secret=$(value host-cluster $core/kubefedclusters/ireland-cluster .spec.secretRef.name)
  api host-cluster "/api/v1/namespaces/$system/secrets/$secret" -X DELETE >/dev/null
  run fedctl clusters check $host
  exits 3
  [[ $(condition ireland-cluster ConfigMalformed) == "True|ClusterConfigMalformed|"*"is not in the host"* ]]
  fedctl join ireland-cluster $host --error-on-existing=false
}

@test "a cluster that is down is Offline" {
  meddle host-cluster $core/kubefedclusters/ireland-cluster '{"spec": {"apiEndpoint": "https://127.0.0.1:1"}}'
  run fedctl clusters check $host
  exits 3
  [[ $(condition ireland-cluster Offline) == "True|ClusterNotReachable|cluster is not reachable: "* ]]
  [[ $(condition ireland-cluster Ready) == "False|ClusterNotReachable|"* ]]
  fedctl join ireland-cluster $host --error-on-existing=false
}

@test "the article's five types are enabled under the article's names, twice if need be" {
  for type in deployments services configmaps secrets ingresses; do
    run fedctl enable $type $host
    exits 0
  done
  run fedctl enable deployments $host
  exits 0
  says "federatedtypeconfig.core.kubefed.io/deployments.apps unchanged in namespace $system"
  [ "$(value host-cluster $core/federatedtypeconfigs '[.items[].metadata.name] | join(" ")')" = "configmaps deployments.apps ingresses.networking.k8s.io secrets services" ]
  definition=/apis/apiextensions.k8s.io/v1/customresourcedefinitions/federateddeployments.types.kubefed.io
  [ "$(value host-cluster $definition '.spec.names.shortNames | join(" ")')" = fdeploy ]
  [ "$(value host-cluster $definition '.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties | keys | join(" ")')" = "overrides placement retainReplicas template" ]
}

@test "types are found by every name they have; unknown ones suggest the nearest" {
  for word in deploy Deployment deployment deployments.apps; do
    run fedctl enable $word $host --dry-run
    exits 0
    says "federateddeployments.types.kubefed.io unchanged (dry run)"
  done
  run fedctl enable deploymnets $host
  exits 1
  one_error
  says "did you mean 'deployments'?"
  run fedctl enable kubefedclusters $host
  exits 1
  run fedctl enable $host
  exits 1
  says "nothing says which types"
  run fedctl enable deployments --version v1beta9 $host
  exits 1
  says "serves deployments.apps in version v1"
}

@test "enable reads directives, prints YAML, and takes another group" {
  printf 'apiVersion: core.kubefed.io/v1beta1\nkind: EnableTypeDirective\nmetadata: {name: jobs.batch}\nspec: {federatedGroup: types.example.com}\n' >directive.yaml
  run fedctl enable -f directive.yaml -o yaml $host
  exits 0
  says "group: types.example.com"
  says "kind: FederatedTypeConfig"
  [ "$(value host-cluster $core/federatedtypeconfigs/jobs.batch .code)" = 404 ]
  run fedctl enable deployments --federated-group types.example.com $host
  exits 4
  says "deployments.apps is federated as federateddeployments.types.kubefed.io already"
}

@test "--validate-template refuses what the type itself would refuse" {
  run fedctl enable deployments --validate-template $host
  exits 0
  create host-cluster /api/v1/namespaces '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "production"}}'
  bad='{"apiVersion": "types.kubefed.io/v1beta1", "kind": "FederatedDeployment", "metadata": {"name": "bad", "namespace": "production"}, "spec": {"template": {"spec": {"replicas": "three", "selector": {}, "template": {}}}}}'
  for _ in $(seq 50); do # the API server takes a moment to validate by the new schema
    run api host-cluster "/apis/types.kubefed.io/v1beta1/namespaces/production/federateddeployments?dryRun=All" -X POST -H 'Content-Type: application/json' -d "$bad"
    [[ $output == *"must be of type integer"* ]] && break
    sleep 0.1
  done
  says "spec.template.spec.replicas"
  says "must be of type integer"
  fedctl federate -f "$BATS_TEST_DIRNAME/deployment.yaml" -n production | tail -n +2 >good.yaml
  [ "$(api host-cluster "/apis/types.kubefed.io/v1beta1/namespaces/production/federateddeployments?dryRun=All" -X POST -H 'Content-Type: application/yaml' --data-binary @good.yaml | jq -r .kind)" = FederatedDeployment ]
  fedctl enable deployments $host
}

@test "enable --all takes what host and members all serve, and nothing that Kubernetes keeps for itself" {
  run fedctl enable --all --dry-run $host
  exits 0
  says "federatedstatefulsets.types.kubefed.io created"
  says "federatednamespaces.types.kubefed.io created"
  says_not "federatedpods.types"
  says_not "federatedevents"
  says_not "federatednodes"
  says_not "federatedkubefedclusters"
}

@test "disable takes a type out; with federated objects left its definition stays" {
  create host-cluster /apis/types.kubefed.io/v1beta1/namespaces/production/federatedsecrets '{"apiVersion": "types.kubefed.io/v1beta1", "kind": "FederatedSecret", "metadata": {"name": "s"}, "spec": {}}'
  run fedctl disable secrets --delete-crd $host
  exits 4
  one_error
  says "1 FederatedSecret would go with its definition"
  run fedctl disable secrets $host
  exits 0
  [ "$(value host-cluster $core/federatedtypeconfigs/secrets .code)" = 404 ]
  run fedctl disable secrets $host
  exits 1
  says "is not enabled"
}

@test "names with / and : need another name; the host can join itself" {
  kubeconfig_of arn:aws:eks/host host-cluster >odd.kubeconfig
  export KUBECONFIG=$PWD/odd.kubeconfig:$KUBECONFIG
  run fedctl join virginia-cluster --host-cluster-context arn:aws:eks/host
  exits 1
  one_error
  says "give it another with --host-cluster-name"
  run fedctl join host/itself --cluster-context host-cluster $host
  exits 1
  says "cannot be the name of a cluster"
  run fedctl join itself --cluster-context arn:aws:eks/host --host-cluster-context arn:aws:eks/host --host-cluster-name host
  exits 0
  [ "$(value host-cluster /api/v1/namespaces/$system/serviceaccounts/itself-host .metadata.name)" = itself-host ]
  run fedctl unjoin itself --cluster-context arn:aws:eks/host --host-cluster-context arn:aws:eks/host --host-cluster-name host
  exits 0
  [ "$(value host-cluster /api/v1/namespaces/$system .metadata.name)" = "$system" ] # the host's own namespace stays
}

@test "an exec plugin serves for joining only" {
  cat >plugin <<EOF
#!/bin/sh
jq -n --rawfile c "$FEDCTL_TESTBED_DIR/pki/admin.crt" --rawfile k "$FEDCTL_TESTBED_DIR/pki/admin.key" \
  '{apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: {clientCertificateData: \$c, clientKeyData: \$k}}'
EOF
  chmod +x plugin
  kubeconfig_of host-cluster host-cluster | sed "s#user: {client.*}}#user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: $PWD/plugin, interactiveMode: Never}}}#" >exec.kubeconfig
  run fedctl join by-plugin --cluster-context host-cluster --cluster-kubeconfig exec.kubeconfig $host
  exits 0
  says "by-plugin joined host-cluster (ready"
  [ "$(value host-cluster $core/kubefedclusters/by-plugin '.spec | keys | join(" ")')" = "apiEndpoint caBundle secretRef" ]
  run fedctl unjoin by-plugin --cluster-context host-cluster $host
  exits 0
}

@test "a control plane of scope Namespaced grants and federates in its own namespace only" {
  own=/apis/types.kubefed.io/v1beta1/namespaces/fed/federatedconfigmaps
  run fedctl init --host-cluster-context ireland-cluster --scope Namespaced --kubefed-namespace fed
  exits 0
  says "scope Namespaced"
  run fedctl join tokyo-cluster --host-cluster-context ireland-cluster --kubefed-namespace fed
  exits 0
  [ "$(value tokyo-cluster $rbac/namespaces/fed/roles/kubefed-controller-manager:tokyo-cluster-ireland-cluster '.rules[0].resources[0]')" = "*" ]
  [ "$(value tokyo-cluster $rbac/clusterroles/kubefed-controller-manager:fed:healthcheck-tokyo-cluster-ireland-cluster .kind)" = ClusterRole ]
  [ "$(value tokyo-cluster $rbac/clusterroles/kubefed-controller-manager:tokyo-cluster-ireland-cluster .code)" = 404 ]
  run fedctl enable configmaps --host-cluster-context ireland-cluster --kubefed-namespace fed
  exits 0
  create ireland-cluster $own '{"apiVersion": "types.kubefed.io/v1beta1", "kind": "FederatedConfigMap", "metadata": {"name": "mine"}, "spec": {"template": {"data": {"a": "b"}}, "placement": {"clusterSelector": {}}}}'
  run fedctl apply --host-cluster-context ireland-cluster --kubefed-namespace fed --yes
  exits 0
  [ "$(value tokyo-cluster /api/v1/namespaces/fed/configmaps/mine .data.a)" = b ]
  [ "$(value ireland-cluster $own/mine '.status.conditions[0].status')" = True ]
  run fedctl delete cm mine -n fed --host-cluster-context ireland-cluster --kubefed-namespace fed --yes
  exits 0
  run fedctl unjoin tokyo-cluster --host-cluster-context ireland-cluster --kubefed-namespace fed
  exits 0
  run fedctl disable configmaps --delete-crd --host-cluster-context ireland-cluster --kubefed-namespace fed
  exits 0
  run fedctl deinit --host-cluster-context ireland-cluster --kubefed-namespace fed
  exits 0
  [ -z "$(value tokyo-cluster $rbac/clusterroles '.items[].metadata.name | select(test("ireland"))')" ]
}

@test "a member of two hosts keeps what the other host made" {
  run fedctl init --host-cluster-context ireland-cluster
  exits 0
  run fedctl join virginia-cluster --host-cluster-context ireland-cluster
  exits 0
  run fedctl unjoin virginia-cluster $host
  exits 0
  says "it holds more than join made, so it stays"
  [ "$(left_in_member virginia-cluster | sort -u | paste -sd' ')" = "$system kubefed-controller-manager:virginia-cluster-ireland-cluster virginia-cluster-ireland-cluster" ]
  run fedctl unjoin virginia-cluster --host-cluster-context ireland-cluster
  exits 0
  run fedctl deinit --host-cluster-context ireland-cluster
  exits 0
  fedctl join virginia-cluster $host
}

@test "unjoin of a dead member needs --force, and says what is left there" {
  export KUBECONFIG=$PWD/gone.kubeconfig:$KUBECONFIG # the first that names a context wins
  printf 'clusters:\n- {name: gone, cluster: {server: "https://127.0.0.1:1"}}\ncontexts:\n- {name: virginia-cluster, context: {cluster: gone}}\n' >gone.kubeconfig
  run fedctl unjoin virginia-cluster $host --connect-timeout 1s
  exits 1
  one_error
  says "use --force"
  [ "$(value host-cluster $core/kubefedclusters/virginia-cluster .kind)" = KubeFedCluster ]
  run fedctl unjoin virginia-cluster $host --connect-timeout 1s --force
  exits 0
  says "what join made there is left"
  [ "$(value host-cluster $core/kubefedclusters/virginia-cluster .code)" = 404 ]
  run fedctl unjoin virginia-cluster $host
  exits 1
  says "is not joined"
  export KUBECONFIG=$FEDCTL_TESTBED_DIR/kubeconfig
  run fedctl join virginia-cluster $host --error-on-existing=false --wait
  exits 0
}

@test "deinit is refused while clusters are joined, and takes away just what init made" {
  run fedctl deinit $host
  exits 4
  one_error
  says "3 clusters are joined"
  for cluster in "${three[@]}"; do
    run fedctl unjoin $cluster $host
    exits 0
    [ -z "$(left_in_member $cluster | grep -v "^$system$")" ]
  done
  run fedctl deinit $host
  exits 0
  says "kubefedconfig.core.kubefed.io/kubefed deleted"
  says "kept clusterrole.rbac.authorization.k8s.io/kubefed-view: init did not make it"
  [ "$(value host-cluster /apis/apiextensions.k8s.io/v1/customresourcedefinitions/federateddeployments.types.kubefed.io .kind)" = CustomResourceDefinition ]
  run fedctl deinit $host
  exits 0
  says "There is nothing here that init made."
}
