# What fedctl writes, and where. No cluster is needed: the one that is named does not answer.
load support

setup() {
  cd "$BATS_TEST_TMPDIR"
  cat >config <<'CONFIG'
clusters: [{name: k, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: t}}]
contexts:
- {name: tokyo, context: {cluster: k, user: u}}
- {name: "arn:aws:eks:eu-west-1:1:cluster/x", context: {cluster: k, user: u}}
CONFIG
  export KUBECONFIG=$PWD/config XDG_CACHE_HOME=$PWD/cache TMPDIR=$PWD/tmp
  mkdir tmp
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {a: b}\n' >app.yaml
}

# federated CLUSTER: an object that is placed in it.
federated() {
  printf 'apiVersion: types.kubefed.io/v1beta1\nkind: FederatedConfigMap\nmetadata: {name: app, namespace: default}\nspec:\n  placement: {clusters: [{name: "%s"}]}\n  template: {data: {a: b}}\n' "$1"
}

@test "a placement whose cluster leads out of the folder is refused, and nothing is written" {
  mkdir work
  for name in ../../escaped "$PWD/escaped" a/../../escaped; do
    federated "$name" >federated.yaml
    run "$FEDCTL" render -f federated.yaml --output-dir work/rendered
    [ "$status" = 1 ]
    [[ $output == *"federated.yaml:5:"*"is no name of a cluster"* ]]
  done
  [ ! -e escaped ]
  [ ! -e work/rendered ]
}

@test "kind, group and version lead nowhere" {
  for line in 'apiVersion: v1;kind: "../../X"' 'apiVersion: "../../g/v1";kind: X' 'apiVersion: "g/../v1";kind: X' 'apiVersion: "/abs";kind: X'; do
    printf '%s\nmetadata: {name: app}\n' "${line/;/$'\n'}" >odd.yaml
    run "$FEDCTL" render -f odd.yaml --contexts tokyo --output-dir rendered
    [ "$status" = 1 ]
    [[ $output == *"odd.yaml:"*"is no valid"* ]]
  done
  [ ! -e rendered ]
}

@test "a context with a slash in its name gets a folder of its own, and one that leads up stays inside" {
  run "$FEDCTL" render -f app.yaml --contexts 'arn:aws:eks:eu-west-1:1:cluster/x,../up' --output-dir work/rendered
  [ "$status" = 0 ]
  [ -f "work/rendered/arn:aws:eks:eu-west-1:1:cluster%2Fx/default/configmap-app.yaml" ]
  [ -f "work/rendered/..%2Fup/default/configmap-app.yaml" ]
  [ "$(ls work)" = rendered ]
}

@test "a symlink within the folder leads nobody out of it" {
  mkdir rendered outside
  ln -s ../outside rendered/tokyo
  run "$FEDCTL" render -f app.yaml --contexts tokyo --output-dir rendered
  [ "$status" = 1 ]
  [[ $output == *"'tokyo' is a symbolic link"* ]]
  [ -z "$(ls outside)" ]
}

@test "a fleet file whose cluster leads out of a folder is refused with its line" {
  printf 'apiVersion: fedctl.io/v1alpha1\nkind: Fleet\nspec:\n  clusters:\n  - name: ../up\n' >up.yaml
  run "$FEDCTL" render -f app.yaml --fleet up.yaml
  [ "$status" = 1 ]
  [[ $output == *"up.yaml:5:"*"is no name of a cluster"* ]]
}

@test "plan --out writes through a symlink, into a FIFO and to standard output, and replaces none of them" {
  mkdir kept
  ln -s kept/plan link
  run "$FEDCTL" plan -f app.yaml --contexts tokyo --out link
  [ -L link ]
  [ -s kept/plan ]
  mkfifo pipe
  jq -e .kind pipe >kind & reader=$!
  run "$FEDCTL" plan -f app.yaml --contexts tokyo --out pipe
  wait $reader
  [ -p pipe ]
  "$FEDCTL" plan -f app.yaml --contexts tokyo --out /dev/stdout >both || true
  grep -q tokyo both
  grep -q '"kind"' both
  run "$FEDCTL" plan -f app.yaml --contexts tokyo --out /dev/null
  [ -c /dev/null ]
}

@test "the folder of a unified diff goes when a signal comes, and so does the program that shows it" {
  printf '#!/bin/sh\necho $$ >started.new && mv started.new "%s/started"\nexec sleep 300\n' "$PWD" >shows
  chmod +x shows
  for signal in INT TERM HUP; do
    rm -f started
    KUBECTL_EXTERNAL_DIFF=$PWD/shows bash -c 'trap - INT; exec "$@"' - "$FEDCTL" plan -f app.yaml --contexts tokyo --diff=unified >said 2>&1 &
    shown=$!
    for _ in $(seq 200); do [ ! -e started ] || break; sleep 0.05; done
    program=$(cat started)
    kill -$signal $shown
    wait $shown || true # not `run wait`, whose subshell has no such child
    not kill -0 "$program" 2>/dev/null
    [ -z "$(ls tmp)" ]
  done
}

@test "folders of the cache are private whatever the umask" {
  (umask 000 && "$FEDCTL" plan -f app.yaml --contexts tokyo || true) >/dev/null 2>&1
  [ -z "$(find cache -type d -perm /077 2>/dev/null)" ]
}

@test "a token, a certificate or an authority that is no regular file is an error at once" {
  mkfifo pipe
  for what in tokenFile certificate-authority client-certificate client-key; do
    for odd in "$PWD/pipe" /dev/zero; do
      case $what in
        tokenFile) user="tokenFile: $odd" cluster= ;;
        certificate-authority) user="token: t" cluster=", certificate-authority: $odd" ;;
        client-certificate) user="client-certificate: $odd, client-key: config" cluster= ;;
        client-key) user="client-key: $odd, client-certificate: config" cluster= ;;
      esac
      printf 'clusters: [{name: k, cluster: {server: "https://127.0.0.1:1"%s}}]\nusers: [{name: u, user: {%s}}]\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n' "$cluster" "$user" >odd.config
      run timeout 10 "$FEDCTL" plan -f app.yaml --kubeconfig odd.config --contexts c
      [ "$status" = 1 ]
      [[ $output == *"cannot read $odd: it is no regular file"* ]]
    done
  done
}

@test "input may come through a pipe, and a signal ends the wait for it" {
  run "$FEDCTL" render -f <(cat app.yaml) --contexts tokyo
  [ "$status" = 0 ]
  [[ $output == *"name: app"* ]]
  mkfifo pipe
  for command in "render --contexts tokyo -f pipe" "plan --contexts tokyo -f pipe" "apply --yes --contexts tokyo -f pipe" \
    "plan -f app.yaml --contexts tokyo --kubeconfig pipe" "plan -f app.yaml --fleet pipe" "apply pipe" "failover plan pipe"; do
    for signal in TERM INT; do
      # A shell's background programs ignore SIGINT.
      python3 -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])' "$FEDCTL" $command >out 2>&1 3>&- &
      pid=$!
      # It waits when it does so twice in a row.
      until grep -q fedctl "/proc/$pid/comm" && grep -q '^State:.S' "/proc/$pid/status" && sleep 0.05 && grep -q '^State:.S' "/proc/$pid/status"; do kill -0 $pid; done
      kill -$signal $pid
      for _ in $(seq 100); do kill -0 $pid 2>/dev/null || break; sleep 0.05; done
      if kill -KILL $pid 2>/dev/null; then echo "$signal does not end $command" && return 1; fi
      status=0
      wait $pid || status=$?
      [ $status -ge 128 ]
    done
  done
}

@test "input without end is an error, not all of the memory" {
  run bash -c "ulimit -v 4000000; exec '$FEDCTL' render -f /dev/zero --contexts tokyo"
  [ "$status" = 1 ]
  [[ $output == *"cannot read /dev/zero: it is longer than 512 MiB"* ]]
  run bash -c "ulimit -v 4000000; '$FEDCTL' render -f - --contexts tokyo </dev/zero"
  [ "$status" = 1 ]
  [[ $output == *"cannot read <stdin>: it is longer than 512 MiB"* ]]
}

@test "an address with a query, and a proxy of an unknown kind, are refused without being said back" {
  for server in "https://h?token=hunter2" "https://h#hunter2" "http://u:hunter2@[::1"; do
    printf 'clusters: [{name: k, cluster: {server: "%s"}}]\ncontexts: [{name: c, context: {cluster: k}}]\n' "$server" >odd.config
    run "$FEDCTL" plan -f app.yaml --kubeconfig odd.config --contexts c -v9
    [ "$status" = 1 ]
    [[ $output == *"odd.config:1:"*"'server' is no address"* ]]
    [[ $output != *hunter2* ]]
  done
  for proxy in gopher://u:hunter2@h u:hunter2@h http:///u:hunter2@h; do
    printf 'clusters: [{name: k, cluster: {server: "https://127.0.0.1:1", proxy-url: "%s"}}]\ncontexts: [{name: c, context: {cluster: k}}]\n' "$proxy" >odd.config
    run "$FEDCTL" plan -f app.yaml --kubeconfig odd.config --contexts c -v9
    [ "$status" = 1 ]
    [[ $output != *hunter2* ]]
  done
  HTTPS_PROXY=gopher://u:hunter2@h run "$FEDCTL" plan -f app.yaml --contexts tokyo -v9
  [ "$status" = 1 ]
  [[ $output != *hunter2* ]]
}

@test "a file that grows beyond the limit of its size is an error, and nothing half written is left" {
  run bash -c "ulimit -f 0; '$FEDCTL' render -f app.yaml --contexts tokyo --output-dir rendered"
  [ "$status" = 1 ]
  [[ $output == *"File too large"* ]]
  [ -z "$(find . -name '.fedctl-*')" ]
}

# plugged SCRIPT: a kubeconfig whose credentials come from a program that notes its number and runs the script.
plugged() {
  printf '#!/bin/sh\n%s\necho $$ >"%s/started.new" && mv "%s/started.new" "%s/started"\n%s\n' "$2" "$PWD" "$PWD" "$PWD" "$1" >plugin
  chmod +x plugin
  cat >plugged.config <<CONFIG
clusters: [{name: k, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: "$PWD/plugin", interactiveMode: Never}}}]
contexts: [{name: c, context: {cluster: k, user: u}}]
CONFIG
}

@test "a signal while apply plans ends it with 130 and a word, and the programs that it started" {
  plugged 'exec sleep 300'
  for signal in INT TERM HUP; do
    rm -f started
    "$FEDCTL" apply -f app.yaml --kubeconfig plugged.config --contexts c --yes >said 2>&1 3>&- &
    pid=$!
    eventually [ -e started ]
    kill -$signal $pid
    code=0
    wait $pid || code=$?
    [ $code = 130 ]
    grep -q "interrupted; nothing was changed" said
    not kill -0 "$(cat started)" 2>/dev/null
  done
}

@test "a second signal ends it at once, and kills programs that do not listen" {
  plugged 'sleep 300' 'trap "" TERM'
  "$FEDCTL" plan -f app.yaml --kubeconfig plugged.config --contexts c >said 2>&1 3>&- &
  pid=$!
  eventually [ -e started ]
  kill -TERM $pid
  sleep 0.2 # within the two seconds that the program is given
  kill -TERM $pid
  code=0
  wait $pid || code=$?
  [ $code = 143 ]
  gone() { ! kill -0 "$(cat started)"; }
  eventually gone
}

@test "under nohup the end of the terminal is no signal to stop" {
  plugged 'sleep 1; exit 1'
  nohup "$FEDCTL" plan -f app.yaml --kubeconfig plugged.config --contexts c >said 2>&1 3>&- &
  pid=$!
  eventually [ -e started ]
  kill -HUP $pid
  code=0
  wait $pid || code=$?
  [ $code = 1 ]
  grep -q "failed with exit status 1" said
}
