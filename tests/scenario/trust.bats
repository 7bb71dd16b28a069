# Neither a saved plan nor a fleet.yaml that lies in the folder brings a kubeconfig with programs in it unnoticed. No cluster is needed.
load support
bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR"
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' >input.yaml
  cat >theirs.yaml <<END
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:9"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users:
- name: u
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: /usr/bin/touch, args: [$PWD/ran], interactiveMode: Never}
END
  export KUBECONFIG=$PWD/own.yaml
  sed '/^users/,$d; s/, user: u//' theirs.yaml >own.yaml
  echo 'users: []' >>own.yaml
}

fleet() {
  cat >fleet.yaml <<END
apiVersion: fedctl.io/v1alpha1
kind: Fleet
spec: {clusters: [{name: c, kubeconfig: ./$1}]}
END
}

@test "a fleet.yaml that lies in the folder runs no program of its kubeconfig" {
  fleet theirs.yaml
  for command in "plan -f input.yaml" "apply --yes -f input.yaml" "clusters" "status deployment/a"; do
    run "$FEDCTL" $command
    [ "$status" -eq 1 ]
    [[ "$output" == *"fleet.yaml in this folder names the kubeconfig $PWD/./theirs.yaml, which runs the program '/usr/bin/touch'"* ]]
    [[ "$output" == *"--trust-kubeconfig"* ]]
    [ ! -e ran ]
  done
}

@test "a host's kubeconfig of a fleet.yaml that lies in the folder runs no program" {
  printf 'apiVersion: fedctl.io/v1alpha1\nkind: Fleet\nspec: {host: {context: c, kubeconfig: theirs.yaml}}\n' >fleet.yaml
  run "$FEDCTL" clusters
  [ "$status" -eq 1 ]
  [[ "$output" == *"which runs the program '/usr/bin/touch'"* ]]
  [ ! -e ran ]
}

@test "the same is used once the fleet file or the kubeconfig is named" {
  fleet theirs.yaml
  "$FEDCTL" plan -f input.yaml --fleet fleet.yaml || true
  [ -e ran ]
  rm ran
  "$FEDCTL" plan -f input.yaml --trust-kubeconfig theirs.yaml || true
  [ -e ran ]
}

@test "a fleet file that was found is said to be" {
  fleet own.yaml
  run --separate-stderr "$FEDCTL" plan -f input.yaml
  [[ "$stderr" == *"the clusters are those of fleet.yaml in this folder"* ]]
  [[ "$output" != *"in this folder"* ]]
  run --separate-stderr "$FEDCTL" render -f input.yaml
  [ "$status" -eq 0 ]
  [[ "$stderr" == *"the clusters are those of fleet.yaml in this folder"* ]]
  run --separate-stderr "$FEDCTL" plan -f input.yaml --fleet fleet.yaml
  [[ "$stderr" != *"in this folder"* ]]
}

@test "a saved plan runs no program of its kubeconfig until that is named" {
  "$FEDCTL" plan -f input.yaml --contexts c --kubeconfig theirs.yaml --out p.plan || true
  [ -e p.plan ]
  rm ran
  run "$FEDCTL" apply --yes p.plan
  [ "$status" -eq 1 ]
  [[ "$output" == *"the saved plan names the kubeconfig $PWD/theirs.yaml, which runs the program"* ]]
  [ ! -e ran ]
  "$FEDCTL" apply --yes p.plan --kubeconfig theirs.yaml || true
  [ -e ran ]
}

@test "a saved plan runs no program of a kubeconfig of its fleet until that is named" {
  fleet theirs.yaml
  "$FEDCTL" plan -f input.yaml --fleet fleet.yaml --out p.plan || true
  rm ran
  run "$FEDCTL" apply --yes p.plan
  [ "$status" -eq 1 ]
  [[ "$output" == *"the saved plan names the kubeconfig"* ]]
  [ ! -e ran ]
  "$FEDCTL" apply --yes p.plan --trust-kubeconfig theirs.yaml || true
  [ -e ran ]
}
