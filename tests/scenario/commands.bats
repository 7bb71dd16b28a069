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
  mkdir -p in/deep && echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: deep}}' >in/deep/c.yaml
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

@test "the completion protocol: commands, options, formats, contexts, clusters" {
  run fedctl __complete pl
  [ "$output" = $'plan\tShow what apply would do in every cluster\n:4' ]
  run fedctl __completeNoDesc plan --detailed
  [ "$output" = $'--detailed-exitcode\n:4' ]
  run fedctl __complete clusters -o ""
  [ "$output" = $'wide\njson\nyaml\n:36' ]
  run fedctl __complete plan --contexts to
  [ "$output" = $'tokyo-cluster\ntosa-cluster\n:6' ]
  run fedctl __complete plan --contexts tokyo-cluster,to
  [ "$output" = $'tokyo-cluster,tosa-cluster\n:6' ]
  run fedctl __complete plan --contexts=ire
  [ "$output" = $'--contexts=ireland-cluster\n:6' ]
  run fedctl __complete plan --fleet "$FEDCTL_SOURCE/examples/fleet.yaml" --cluster v
  [ "$output" = $'virginia-cluster\n:6' ]
  run fedctl __complete plan -f ""
  [ "$output" = ":0" ]
}

# A shell in which fedctl is the binary under test.
completes_in() { # SHELL KEYS EXPECTED
  mkdir -p bin && ln -sf "$FEDCTL" bin/fedctl
  PATH=$PWD/bin:$PATH run timeout 20 expect -c "
    set timeout 8
    spawn -noecho $1
    expect -re {[\$%>] ?}
    send -- {$2}
    expect { -re {$3} { exit 0 } timeout { exit 7 } }"
  exits 0
}

@test "completion works in bash" {
  fedctl completion bash >c.bash
  printf 'PS1="$ "\nsource c.bash\n' >rc
  completes_in "bash --norc --rcfile rc -i" "source c.bash
fedctl plan --contexts ire	" "ireland-cluster"
}

@test "completion works in zsh" {
  mkdir -p functions && fedctl completion zsh >functions/_fedctl
  printf 'PS1="%% "\nfpath=(%s/functions $fpath)\nautoload -Uz compinit && compinit -u -d dump\n' "$PWD" >.zshrc
  ZDOTDIR=$PWD completes_in "zsh -i" "fedctl plan --contexts ire	" "ireland-cluster"
}

@test "completion works in fish" {
  fedctl completion fish >c.fish
  mkdir -p bin && ln -sf "$FEDCTL" bin/fedctl
  PATH=$PWD/bin:$PATH run fish --no-config -c 'source c.fish; complete -C "fedctl plan --contexts ire"'
  exits 0
  says ireland-cluster
}

@test "man pages and completions in the tree are what the binary makes" {
  "$FEDCTL_SOURCE/.ci/generate" "$FEDCTL" "$PWD/made"
  for file in made/*/*; do diff "$FEDCTL_SOURCE/${file#made/}" "$file"; done
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
