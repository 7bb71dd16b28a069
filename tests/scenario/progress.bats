#!/usr/bin/env bats
# What a person sees while an apply goes on, on a terminal and elsewhere.

setup_file() { load support; start_clusters; }
setup() { load support; in_own_folder; forget production; }
teardown() { [ -z "${pane:-}" ] || tmux -L "$pane" kill-server 2>/dev/null || true; }

# input [SELECTOR]: a workload; with a node selector that no node has it never gets ready.
input() {
  cat <<EOF2
apiVersion: v1
kind: Namespace
metadata: {name: production}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: production}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {nodeSelector: {$1}, containers: [{name: app, image: registry.example.com/web}]}
EOF2
}

# on_terminal COLUMNSxROWS ARGUMENT...: runs fedctl there.
on_terminal() {
  local size=$1
  shift
  pane=fedctl-progress-$BATS_TEST_NUMBER
  tmux -L "$pane" new-session -d -x "${size%x*}" -y "${size#*x}" "'$FEDCTL' $*; echo exit \$?; sleep 60"
}
shown() {
  for _ in $(seq 300); do
    screen=$(tmux -L "$pane" capture-pane -p)
    grep -q "$1" <<<"$screen" && return
    sleep 0.1
  done
  printf 'expected: %s\nseen:\n%s\n' "$1" "$screen" >&2
  return 1
}

@test "on a terminal each cluster has a line with a bar, and the object that is waited for longest" {
  input "disk: none" >web.yaml
  on_terminal 130x20 apply -f web.yaml $contexts --yes --timeout 8s
  shown '^tokyo-cluster  *█*░*  2/2 written, 0/1 ready  Deployment production/web: 0 of 2 replicas available ([3-9]s)'
  [ "$(grep -c '^tokyo-cluster .*written' <<<"$screen")" = 1 ]
  # A window that gets narrower, and wider again, holds no remains.
  tmux -L "$pane" resize-window -x 60
  shown '^tokyo-cluster .*…$'
  tmux -L "$pane" resize-window -x 130
  shown '^tokyo-cluster .*replicas available'
  [ "$(grep -c 'cluster .*written' <<<"$screen")" = 3 ]
  shown '^exit 3'
  [ "$(grep -c 'written' <<<"$screen")" = 0 ]
  shown 'cannot be scheduled'
}

@test "more clusters than rows are summed up, and those at work shown as far as there is room" {
  for i in $(seq 60); do
    printf '%s\n' "$(kubeconfig_of "cluster-$i" "${three[i % 3]}")" >"$i.yaml"
  done
  KUBECONFIG=$(printf '%s:' $(seq -f '%g.yaml' 60))
  export KUBECONFIG
  input "disk: none" >web.yaml
  on_terminal 110x16 apply -f web.yaml --contexts "$(seq -s, -f 'cluster-%g' 60)" --yes --timeout 10s
  shown '60 clusters: 0 done, 60 at work, 0 not begun, 0 failed'
  shown '^cluster-5 .*written'
  [ "$(grep -c written <<<"$screen")" -le 14 ]
  shown '^exit 3'
}

@test "elsewhere there is a line an event, and none comes twice" {
  input >web.yaml
  run fedctl apply -f web.yaml $contexts --yes
  exits 0
  for cluster in "${three[@]}"; do
    [ "$(grep -c "^$cluster: Deployment production/web created" <<<"$output")" = 1 ]
    [ "$(grep -c "^$cluster: Deployment production/web ready" <<<"$output")" = 1 ]
  done
  says_not $'\x1b'
}
