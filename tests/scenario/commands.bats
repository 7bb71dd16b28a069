#!/usr/bin/env bats
# The commands that need no cluster, or look at it only: render, version, help, man pages, completion, installation.

setup() {
  load support
  in_own_folder
  export KUBECONFIG=$BATS_TEST_TMPDIR/kubeconfig
  cat >kubeconfig <<'YAML'
contexts:
- {name: tokyo-cluster, context: {}}
- {name: tosa-cluster, context: {}}
- {name: ireland-cluster, context: {}}
YAML
}

@test "version, as text and as JSON" {
  run fedctl version
  exits 0
  says "fedctl version: v"
  run fedctl version -o json
  [[ $(jq -r .version <<<"$output") == v* ]]
}

@test "help has examples, and a command without any shows it" {
  for command in clusters render plan apply version completion; do
    run fedctl $command --help
    exits 0
    says EXAMPLES
    says "  fedctl $command"
  done
  run fedctl
  exits 0
  says "plan"
}

@test "render prints every cluster's objects" {
  run fedctl render -f "$FEDCTL_SOURCE/examples/selected-config.yaml" --fleet "$FEDCTL_SOURCE/examples/fleet.yaml"
  exits 0
  output=${output//$FEDCTL_SOURCE\//}
  golden render.txt
}

@test "render --cluster shows one cluster, -o json all of them for a program" {
  run fedctl render -f "$FEDCTL_SOURCE/examples/federated-web-app.yaml" --cluster tokyo-cluster
  exits 0
  says "replicas: 5"
  says_not ireland
  run fedctl render -f "$FEDCTL_SOURCE/examples/federated-web-app.yaml" -o json
  [ "$(jq -c '[.clusters[].objects[1].spec.replicas]' <<<"$output")" = "[5,3,4]" ]
}

@test "render --output-dir writes a folder for each cluster, Secrets readable by the owner only" {
  printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n' >secret.yaml
  run fedctl render -f "$FEDCTL_SOURCE/examples/federated-web-app.yaml" -f secret.yaml --output-dir out
  exits 0
  [ "$(find out -type f | wc -l)" = 9 ]
  grep -q 'replicas: 4' out/virginia-cluster/production/deployment.apps-web-app.yaml
  [ "$(stat -c %a out/tokyo-cluster/default/secret-s.yaml)" = 600 ]
}

@test "render reads standard input and folders" {
  run fedctl render -f - --contexts a <<<'{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: "yes"}}'
  exits 0
  says 'a: "yes"'
  mkdir -p in/deep
  echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: deep}}' >in/deep/c.yaml
  run fedctl render -f in --contexts a
  exits 1
  run fedctl render -R -f in --contexts a
  exits 0
  says "name: deep"
}

@test "render takes federated types from --api" {
  cat >foo.yaml <<'YAML'
apiVersion: types.kubefed.io/v1beta1
kind: FederatedFoo
metadata: {name: f, namespace: team}
spec:
  template: {spec: {size: 1}}
  placement: {clusters: [{name: a}]}
YAML
  run fedctl render -f foo.yaml
  exits 1
  says "--api FederatedFoo=GROUP/VERSION/Foo"
  run fedctl render -f foo.yaml --api FederatedFoo=example.com/v1/Foo
  exits 0
  says "apiVersion: example.com/v1"
  says "kind: Foo"
}

@test "output that cannot be written is an error; a reader that leaves early is none of our trouble" {
  run bash -c "'$FEDCTL' render -f '$FEDCTL_SOURCE/examples/federated-web-app.yaml' >/dev/full"
  exits 1
  says "cannot write to standard output: No space left on device"
  run bash -c "'$FEDCTL' render -f '$FEDCTL_SOURCE/examples/federated-web-app.yaml' | head -1"
  [ "$output" = --- ]
}

@test "flags may stand before the command, as in kubectl" {
  run fedctl --contexts a render -f - <<<'{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}'
  exits 0
}

@test "man pages and completions in the tree are what the binary makes" {
  "$FEDCTL_SOURCE/.ci/generate" "$FEDCTL" "$PWD/made"
  for file in made/*/*; do diff "$FEDCTL_SOURCE/${file#made/}" "$file"; done
  run mandoc -T lint -W warning made/man/*.1
  [ -z "$output" ] || { echo "$output" >&2; return 1; }
  for page in made/man/*.1; do [ -z "$(man --warnings -l "$page" 2>&1 >/dev/null)" ]; done
}

@test "called as kubectl-fed, usage says kubectl fed" {
  ln -s "$FEDCTL" kubectl-fed
  run ./kubectl-fed plan --nonsense
  exits 1
  says "see 'kubectl fed plan --help'"
}

@test "the installed library is found by CMake and links" {
  cmake --install "$(dirname "$FEDCTL")" --prefix "$PWD/root" >/dev/null
  [ "$(readlink root/bin/kubectl-fed)" = fedctl ]
  [ -f root/share/man/man1/fedctl-plan.1 ]
  mkdir user
  cat >user/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(user CXX)
set(CMAKE_CXX_STANDARD 20)
find_package(fedctl 0.1 REQUIRED)
add_executable(user main.cpp)
target_link_libraries(user fedctl::library)
CMAKE
  printf '#include "base/yaml.hpp"\n#include <iostream>\nint main() { std::cout << fedctl::yaml::emit({{"a", "yes"}}); }\n' >user/main.cpp
  cmake -S user -B user/build -DCMAKE_PREFIX_PATH="$PWD/root" >/dev/null
  cmake --build user/build >/dev/null
  [ "$(user/build/user)" = 'a: "yes"' ]
}

@test "bytes that are no UTF-8 never keep JSON from being printed" {
  printf '#!/bin/sh\nprintf "caf\\351: no ticket\\n" >&2\nexit 1\n' >plugin
  chmod +x plugin
  cat >kubeconfig <<YAML
clusters: [{name: k, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: $PWD/plugin}}}]
contexts: [{name: tokyo-cluster, context: {cluster: k, user: u}}]
YAML
  run fedctl clusters --contexts tokyo-cluster -o json
  says_not "a bug"
  jq -e '.items[0].problem.message | contains("no ticket")' <<<"$output"
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n' >config.yaml
  fedctl render -f config.yaml --contexts $'caf\351' -o json >rendered.json
  [ "$(jq -r '.clusters[0].name' rendered.json)" = $'caf\xef\xbf\xbd' ]
  fedctl schedule -f "$FEDCTL_SOURCE/examples/web-app-scheduling.yaml" --clusters $'caf\351' -o json >schedule.json
  jq -e '.replicas | length == 1' schedule.json
}
