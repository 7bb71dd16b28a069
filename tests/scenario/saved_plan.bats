#!/usr/bin/env bats
# A plan that is saved, shown, and applied later exactly as it was shown, or refused.

setup_file() { load support; start_clusters; forget production; }
setup() {
  load support
  in_own_folder
  maps=/api/v1/namespaces/production/configmaps
  secret_value=$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')
}

# input VALUE: a namespace, two ConfigMaps and a Secret.
input() {
  cat >input.yaml <<EOF
apiVersion: v1
kind: Namespace
metadata: {name: production}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: one, namespace: production}
data: {value: "$1"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two, namespace: production}
data: {value: "$1"}
---
apiVersion: v1
kind: Secret
metadata: {name: login, namespace: production}
stringData: {password: "$secret_value"}
EOF
}

@test "plan --out saves with rights for the owner only and without Secrets; show prints it again; apply does just that" {
  forget production
  input first
  run fedctl plan -f input.yaml $contexts --out fleet.plan
  exits 0
  says "To apply exactly this: fedctl apply fleet.plan"
  [ "$(stat -c %a fleet.plan)" = 600 ]
  run grep -c -e "$secret_value" -e "$(printf %s "$secret_value" | base64)" fleet.plan
  [ "$output" = 0 ]
  fedctl plan -f input.yaml $contexts >planned
  fedctl show fleet.plan | sed '1,2d' >shown
  diff planned shown
  [ "$(fedctl show fleet.plan -o json | jq -c .summary)" = "$(fedctl plan -f input.yaml $contexts -o json | jq -c .summary)" ]

  mv input.yaml source.yaml
  run fedctl apply fleet.plan
  exits 1
  says "input.yaml"
  mv source.yaml input.yaml
  run fedctl apply fleet.plan </dev/null
  exits 0
  [ "$(value virginia-cluster $maps/two .data.value)" = first ]
  [ "$(value tokyo-cluster /api/v1/namespaces/production/secrets/login .data.password)" = "$(printf %s "$secret_value" | base64)" ]
}

@test "without Secrets the source is not needed any more" {
  input first
  fedctl apply -f input.yaml $contexts --yes >/dev/null
  sed -i 's/value: "first"/value: "second"/; /^kind: Secret/,$d' input.yaml
  sed -i '$d' input.yaml; sed -i '$d' input.yaml
  fedctl plan -f input.yaml $contexts --out fleet.plan >/dev/null
  rm input.yaml
  run fedctl apply fleet.plan
  exits 0
  [ "$(value ireland-cluster $maps/one .data.value)" = second ]
  run fedctl apply fleet.plan
  exits 0
  says "6 planned changes made already"
}

@test "a plan that is stale is refused, names what moved and who moved it, and changes nothing" {
  input third
  fedctl plan -f input.yaml $contexts --out fleet.plan >/dev/null
  meddle tokyo-cluster $maps/one '{"data": {"value": "moved"}}'
  api ireland-cluster $maps/two -X DELETE >/dev/null
  before=$(value virginia-cluster $maps/one .metadata.resourceVersion)
  run fedctl apply fleet.plan
  exits 4
  says 'moved: tokyo-cluster: ConfigMap production/one: data.value is "moved" now, and was "second" (somebody, '
  says "moved: ireland-cluster: ConfigMap production/two: it was deleted"
  says "the saved plan is stale, 2 changes moved, so nothing was applied"
  [ "$(value virginia-cluster $maps/one .metadata.resourceVersion)" = "$before" ]
}

@test "--if-stale=skip-moved applies the rest, --if-stale=replan what is needed now" {
  input third
  fedctl plan -f input.yaml $contexts --out fleet.plan >/dev/null
  meddle tokyo-cluster $maps/one '{"data": {"value": "moved again"}}'
  run fedctl apply fleet.plan --if-stale=skip-moved
  exits 4
  says "moved since it was planned"
  [ "$(value tokyo-cluster $maps/one .data.value)" = "moved again" ]
  [ "$(value virginia-cluster $maps/one .data.value)" = third ]
  run fedctl apply fleet.plan --if-stale=replan
  exits 0
  [ "$(value tokyo-cluster $maps/one .data.value)" = third ]
}

@test "what the plan leaves alone is left alone, whatever happened to it" {
  input third
  sed -i '0,/third/s//fourth/' input.yaml
  fedctl plan -f input.yaml $contexts --out fleet.plan >/dev/null
  meddle tokyo-cluster $maps/two '{"data": {"value": "somebody else"}}'
  run fedctl apply fleet.plan
  exits 0
  says "1 object moved that the plan leaves alone"
  [ "$(value tokyo-cluster $maps/one .data.value)" = fourth ]
  [ "$(value tokyo-cluster $maps/two .data.value)" = "somebody else" ]
}

@test "an object that was deleted and made again is another object" {
  input third
  fedctl apply -f input.yaml $contexts --yes >/dev/null
  input fifth
  fedctl plan -f input.yaml $contexts --out fleet.plan >/dev/null
  api tokyo-cluster $maps/one -X DELETE >/dev/null
  create tokyo-cluster $maps '{"metadata": {"name": "one"}, "data": {"value": "theirs"}}'
  run fedctl apply fleet.plan
  exits 4
  says "ConfigMap production/one: exists, and is not ours"
  [ "$(value tokyo-cluster $maps/one .data.value)" = theirs ]
  api tokyo-cluster $maps/one -X DELETE >/dev/null
}

@test "a name that leads to another cluster is no target" {
  input sixth
  fedctl plan -f input.yaml $contexts --out fleet.plan >/dev/null
  kubeconfig_of tokyo-cluster ireland-cluster >swapped
  for cluster in ireland-cluster virginia-cluster; do kubeconfig_of $cluster $cluster >$cluster.config; done
  KUBECONFIG=swapped:ireland-cluster.config:virginia-cluster.config run fedctl apply fleet.plan
  exits 4
  says "moved: tokyo-cluster: this name leads to another cluster now"
}

@test "a Secret that is not the planned one is refused; so is what is no plan, damaged, of another format, or settled otherwise" {
  input seventh
  fedctl plan -f input.yaml $contexts --out fleet.plan >/dev/null
  sed -i 's/password: .*/password: another}/' input.yaml
  run fedctl apply fleet.plan
  exits 4
  one_error
  says "this Secret is not the one that was planned"
  run fedctl apply input.yaml
  exits 1
  one_error
  says "did you mean -f input.yaml?"
  cp input.yaml no.plan
  run fedctl apply no.plan
  exits 1
  one_error
  says "this is no plan that fedctl saved"
  sed 's/"format": 1/"format": 99/' fleet.plan >other
  run fedctl show other
  exits 1
  says "the plan's format is 99"
  head -c 3000 fleet.plan >half
  run fedctl show half
  exits 1
  one_error
  sed 's/"value": "seventh"/"value": "forged"/' fleet.plan >forged
  run fedctl apply forged
  exits 1
  says "changed by hand"
  run fedctl apply fleet.plan -f input.yaml
  exits 1
  says "a saved plan has settled -f already"
  run fedctl apply nowhere.plan
  exits 1
  says "nowhere.plan"
  input eighth
  run bash -c "'$FEDCTL' plan -f - $contexts --out stdin.plan <input.yaml"
  exits 1
  says "Secrets from standard input cannot be saved"
  [ ! -e stdin.plan ]
}
