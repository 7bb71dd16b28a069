#!/usr/bin/env bats
# README's commands run as they are typed, in their order, on the test bed; what it shows of their output is what they print.

setup_file() { load support; start_federation; }
setup() {
  load support
  in_own_folder
  ln -s "$FEDCTL_SOURCE/examples" examples
  ln -s "$FEDCTL_SOURCE/README.md" README.md
}
teardown_file() { load support; leave_federation; }

# Commands that do not run here, as patterns, and why.
elsewhere() {
  case "$1" in
    ./examples/quickstart.sh* | ./tests/run.sh*) echo "builds everything, and runs this" ;;
    "cmake "*) echo "builds everything; install.bats installs" ;;
    "fedctl failover "*) echo "needs two databases and a zone of Route 53; the scenarios of failovers have those" ;;
  esac
}

# commands [LANGUAGE]: the lines of README's fenced blocks that are commands: all of ```sh, and those behind "$ " in plain ones.
commands() {
  awk '/^```/ { inside = !inside; language = substr($0, 4); next }
       inside && language == "sh" { print }
       inside && language == "" && /^\$ / { print substr($0, 3) }' README.md
}

# shown COMMAND: what README shows as its output.
shown() {
  awk -v wanted="\$ $1" '/^```/ { inside = 0; next } /^\$ / { inside = ($0 == wanted); next } inside { print }' README.md
}

# What README does with kubectl, so that nobody needs one here.
kubectl() {
  local cluster=${KUBECTL_CONTEXT:-} name_space=default
  while [[ ${1:-} == -* ]]; do
    case "$1" in
      --context) cluster=$2 ;;
      -n) name_space=$2 ;;
      *) return 1 ;;
    esac
    shift 2
  done
  case "$*" in
    "config use-context "*)
      KUBECTL_CONTEXT=$3
      echo "current-context: $3" >current.kubeconfig
      export KUBECONFIG=$PWD/current.kubeconfig:$KUBECONFIG
      ;;
    "create namespace "*) create "$cluster" /api/v1/namespaces "{\"metadata\": {\"name\": \"$3\"}}" ;;
    "scale deployment "*" --replicas "*)
      api "$cluster" "/apis/apps/v1/namespaces/$name_space/deployments/$3/scale?fieldManager=kubectl" -X PATCH \
        -H 'Content-Type: application/merge-patch+json' -d "{\"spec\": {\"replicas\": $5}}" >/dev/null
      ;;
    "apply -f "*) put_into_host "$cluster" "$3" ;;
    *) return 1 ;;
  esac
}

# put_into_host CLUSTER FILE: server-side applies each federated object of the file.
put_into_host() {
  local document kind name
  csplit -s -z -f document- "$2" '/^---/' '{*}'
  for document in document-*; do
    kind=$(sed -n 's/^kind: Federated//p' "$document")
    [ -n "$kind" ] || continue
    name=$(sed -n 's/.*name: \([a-z-]*\).*/\1/p' "$document" | head -1)
    api "$1" "/apis/types.kubefed.io/v1beta1/namespaces/production/federated${kind,,}s/$name?fieldManager=kubectl&force=true" -X PATCH \
      -H 'Content-Type: application/apply-patch+yaml' --data-binary "@$document" | jq -e .metadata.uid >/dev/null || return 1
  done
}

# typed LINE: runs it as one who sits at a terminal and says yes; what README shows the output of as one who reads it in a file.
typed() {
  local line=$1
  mkdir -p bin
  ln -sf "$FEDCTL" bin/fedctl
  export PATH=$PWD/bin:$PATH
  case "$line" in
    kubectl*) eval "$line" ;;
    *)
      [ -z "$(shown "$line")" ] || line="$line | cat"
      SHELL=$BASH timeout 120 script -qec "set -o pipefail; $line" /dev/null <<<yes | sed '1{/^yes\r/d}' | tr -d '\r'
      return "${PIPESTATUS[0]}"
      ;;
  esac
}

@test "every command of README runs as it is typed, or says here why it cannot" {
  mapfile -t lines < <(commands)
  [ ${#lines[@]} -gt 20 ]
  ran=0
  for line in "${lines[@]}"; do
    [ -z "$(elsewhere "$line")" ] || continue
    typed "$line" >said 2>&1 || { echo "$line: $?" >&2; cat said >&2; return 1; }
    ran=$((ran + 1))
    expected=$(shown "$line")
    [ -z "$expected" ] || diff <(echo "$expected") said || return 1
  done
  [ $ran -gt 15 ]
  [ "$(value virginia-cluster /apis/apps/v1/namespaces/production/deployments/web-app .spec.replicas)" = 4 ]
}

@test "what README links to is there" {
  for target in $(grep -oE '\]\([^)#]+' README.md | cut -c3- | grep -v ^http); do
    [ -e "$FEDCTL_SOURCE/$target" ] || { echo "$target" >&2; return 1; }
  done
}
