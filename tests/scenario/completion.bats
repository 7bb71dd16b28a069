#!/usr/bin/env bats
# What TAB does, in real shells: the line as it stands afterwards.

setup() {
  load support
  in_own_folder
  export KUBECONFIG=$BATS_TEST_TMPDIR/kubeconfig
  cat >kubeconfig <<'YAML'
contexts:
- {name: tokyo-cluster, context: {}}
- {name: tosa-cluster, context: {}}
- {name: ireland-cluster, context: {}}
- {name: "arn:aws:eks:ap-northeast-1:123456789012:cluster/tokyo", context: {}}
- {name: "kubernetes-admin@kubernetes", context: {}}
- {name: "evil$(touch stolen)", context: {}}
- {name: "it's a\\b \"c\" d", context: {}}
YAML
  mkdir -p bin functions
  ln -sf "$FEDCTL" bin/fedctl
  ln -sf "$FEDCTL" bin/kubefedctl
  export PATH=$PWD/bin:$PATH HISTFILE=
  fedctl completion bash >c.bash
  fedctl completion zsh >functions/_fedctl
  fedctl completion fish >c.fish
  cat >rc.bash <<'SH'
PS1="ready> "
source c.bash
show() { printf '%s' "$READLINE_LINE" >line; printf '\nshown\n'; }
bind -x '"\C-g": show'
bind 'set bell-style none'
SH
  cat >.zshrc <<'SH'
PS1="ready> "
fpath=($PWD/functions $fpath)
autoload -Uz compinit && compinit -u -D
show() { print -rn -- "$BUFFER" >line; print "\nshown" }
zle -N show && bindkey '^G' show
SH
  cat >rc.fish <<'SH'
source c.fish
function fish_prompt; printf 'ready> '; end
function show; commandline | string collect >line; printf '\nshown\n'; end
bind \cg show
SH
  cat >type.exp <<'TCL'
set timeout 30
spawn -noecho {*}$argv
expect {
  "ready> " {}
  timeout { exit 7 }
}
send -- "$env(KEYS)\007"
expect {
  -re "\nshown" {}
  timeout { exit 8 }
}
exit 0
TCL
}

# in_SHELL KEYS: the line that the shell has after the keys, in $output; $TAB stands for the key.
in_bash() { line_after "$1" bash --rcfile rc.bash -i; }
in_zsh() { ZDOTDIR=$PWD line_after "$1" zsh -i; }
in_fish() { line_after "$1" fish --no-config --init-command "source rc.fish"; }
line_after() {
  rm -f line
  KEYS=$1 TERM=xterm timeout 60 expect type.exp "${@:2}" >seen 2>&1 || { cat -v seen >&2; return 1; }
  output=$(cat line; printf .)
  output=${output%.}
}

# becomes LINE: that is the whole line.
becomes() {
  [ "$output" = "$1" ] || { printf '%s\nexpected: [%s]\nseen:     [%s]\n' "${shell:-}" "$1" "$output" >&2; return 1; }
}

# gives SHELL KEYS LINE
gives() {
  "in_$1" "$2"
  becomes "$3"
}
TAB=$'\t'

@test "a wrong completion fails these tests" {
  gives bash "fedctl plan --contexts ire$TAB" "fedctl plan --contexts ireland-cluster"
  for shell in bash zsh fish; do
    run gives $shell "fedctl plan --contexts ire$TAB" "fedctl plan --contexts tokyo-cluster"
    exits 1
    says expected
    run gives $shell "fedctl plan --contexts nowhere$TAB" "fedctl plan --contexts ireland-cluster"
    exits 1
    says expected
  done
}

@test "commands, flags and their values complete, and a single one is followed by a blank" {
  for shell in bash zsh fish; do
    gives $shell "fedctl unj$TAB" "fedctl unjoin "
    gives $shell "fedctl failover sw$TAB" "fedctl failover switchover "
    gives $shell "fedctl plan --detailed$TAB" "fedctl plan --detailed-exitcode "
    gives $shell "fedctl plan -o mark$TAB" "fedctl plan -o markdown "
    gives $shell "fedctl plan --host-cluster-context ire$TAB" "fedctl plan --host-cluster-context ireland-cluster "
    gives $shell "fedctl join tok$TAB" "fedctl join tokyo-cluster "
    gives $shell "kubefedctl joi$TAB" "kubefedctl join "
  done
}

@test "contexts complete in a list too, which may go on" {
  for shell in bash zsh; do
    gives $shell "fedctl plan --contexts ire$TAB" "fedctl plan --contexts ireland-cluster"
    gives $shell "fedctl plan --contexts tosa-cluster,ire$TAB" "fedctl plan --contexts tosa-cluster,ireland-cluster"
    gives $shell "fedctl plan --contexts=ire$TAB" "fedctl plan --contexts=ireland-cluster"
    gives $shell "fedctl plan --contexts to$TAB" "fedctl plan --contexts to"
    # One that stands before is not offered again.
    gives $shell "fedctl plan --contexts tokyo-cluster,to$TAB" "fedctl plan --contexts tokyo-cluster,tosa-cluster"
  done
  gives fish "fedctl plan --contexts tosa-cluster,ire$TAB" "fedctl plan --contexts tosa-cluster,ireland-cluster "
}

@test "contexts with colons and an at sign complete" {
  for shell in bash zsh fish; do
    in_$shell "fedctl join arn:aws:eks$TAB"
    [ "${output//\\/}" = "fedctl join arn:aws:eks:ap-northeast-1:123456789012:cluster/tokyo " ]
    gives $shell "fedctl join kubernetes-admin@$TAB" "fedctl join kubernetes-admin@kubernetes "
  done
  in_bash "fedctl plan --contexts=arn:aws:eks:ap-$TAB"
  becomes "fedctl plan --contexts=arn:aws:eks:ap-northeast-1:123456789012:cluster/tokyo"
}

@test "what is in a context's name is quoted: nothing runs, and it stays one word" {
  printf '#!/bin/sh\nprintf "%%s\\n" "$#" "$2" >got\n' >bin/taken && chmod +x bin/taken
  for shell in bash zsh fish; do
    for typed in evil 'it' \'evil '"it'; do
      case $typed in *evil) name='evil$(touch stolen)' ;; *) name="it's a\\b \"c\" d" ;; esac
      in_$shell "fedctl join $typed$TAB"
      # As a command of that shell, the line gives the name as one word.
      $shell -c "bin/taken ${output#fedctl }"
      [ "$(cat got)" = "2"$'\n'"$name" ] || { printf '%s: [%s]\n' "$shell" "$output" >&2; cat got >&2; return 1; }
      [ ! -e stolen ]
    done
  done
}

@test "a quoted word before the cursor is read as the shell reads it" {
  printf 'metadata: {name: f}\nkind: Fleet\napiVersion: fedctl.io/v1alpha1\nspec: {clusters: [{name: paris-cluster}]}\n' >'my fleet.yaml'
  for shell in bash zsh fish; do
    in_$shell "fedctl plan --fleet 'my fleet.yaml' --cluster par$TAB"
    says "--cluster paris-cluster"
    in_$shell "fedctl plan --fleet my\\ fleet.yaml --cluster par$TAB"
    says "--cluster paris-cluster"
  done
}

@test "files complete where a file is wanted" {
  touch web-app.yaml
  for shell in bash zsh fish; do
    gives $shell "fedctl plan -f web$TAB" "fedctl plan -f web-app.yaml "
  done
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

@test "help and --version are offered; behind what is no command there is nothing" {
  run fedctl __completeNoDesc hel
  [ "$output" = $'help\n:4' ]
  run fedctl __completeNoDesc help failover swi
  [ "$output" = $'switchover\n:4' ]
  run fedctl __completeNoDesc --ver
  [ "$output" = $'--version\n:4' ]
  run fedctl __completeNoDesc foo ""
  [ "$output" = ":4" ]
  run fedctl __completeNoDesc failover foo ""
  [ "$output" = ":4" ]
}

@test "clusters come from the input and the policy on the line, where nothing else names them" {
  run fedctl __completeNoDesc plan -f "$FEDCTL_SOURCE/examples/federated-web-app.yaml" --cluster ire
  [ "$output" = $'ireland-cluster\n:6' ]
  run fedctl __completeNoDesc apply -f "$FEDCTL_SOURCE/examples/federated-web-app.yaml" --wave tok
  says tokyo-cluster
  run fedctl __completeNoDesc failover guard "$FEDCTL_SOURCE/examples/failover-policy.yaml" --side tok
  [ "$output" = $'tokyo-cluster\n:4' ]
}

@test "a context whose name has control characters is not offered" {
  printf 'contexts: [{name: "tab\\there", context: {}}, {name: "line\\nbreak", context: {}}, {name: "esc\\e[31m", context: {}}]\n' >kubeconfig
  run fedctl __completeNoDesc join ""
  [ "$output" = ":4" ]
}

@test "a host that does not answer holds nobody up" {
  # 192.0.2.1 is an address of nobody.
  printf '{clusters: [{name: c, cluster: {server: "https://192.0.2.1"}}], contexts: [{name: h, context: {cluster: c, user: u}}], users: [{name: u, user: {}}], current-context: h}\n' >kubeconfig
  run timeout 10 "$FEDCTL" __completeNoDesc unjoin ""
  exits 0
  [ "$output" = ":4" ]
}
