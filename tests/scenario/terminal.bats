#!/usr/bin/env bats
# Nothing that servers, files, plugins, plans or flags say steers the terminal, and a second line of theirs is not taken for one of ours.

setup_file() {
  load support
  start_clusters
  cd "$BATS_FILE_TMPDIR" || return
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: terminal}\n' >namespace.yaml
  cat >input.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: ours, namespace: terminal}
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: refused, namespace: terminal}
data: {a: b}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: terminal, annotations: {note: "\e[2K\a\r\n+ create false/line \x9b31m\u202e\x7f"}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "example.com/web\e]0;title\a"}]}
YAML
  fedctl apply -f namespace.yaml -f input.yaml --contexts tokyo-cluster,ireland-cluster --yes --wait=false
  for cluster in tokyo-cluster ireland-cluster; do
    meddle $cluster /api/v1/namespaces/terminal/configmaps/ours '{"data": {"a": "\u001b[2K\u0007\r\n+ create false/line \u009b31m\u202e\u007f"}}'
    meddle $cluster /api/v1/namespaces/terminal/configmaps/refused '{"data": {"a": "other"}}'
    meddle $cluster /apis/apps/v1/namespaces/terminal/deployments/web '{"spec": {"replicas": 3}, "metadata": {"annotations": {"note": "\u001b[31m"}}}'
  done
}
setup() {
  load support
  in_own_folder
  cp "$BATS_FILE_TMPDIR"/*.yaml .
  through_proxy tokyo-cluster hostile
  kubeconfig_of ireland-cluster ireland-cluster >ireland.kubeconfig
  export KUBECONFIG=$PWD/proxy.kubeconfig:$PWD/ireland.kubeconfig
}
teardown() { stop_helper; }
teardown_file() { load support; forget terminal; }

# harmless ARGUMENT...: what fedctl prints, on standard output or error, holds no control character but line ends and tabs, nothing that
# reorders text, and no line that begins as one of a plan does and was smuggled in.
harmless() {
  fedctl "$@" >seen 2>&1 </dev/null || true
  python3 - "$*" seen <<'PY'
import re, sys
text = open(sys.argv[2], "rb").read().decode()
assert text, f"{sys.argv[1]}: nothing was printed"
bad = re.findall(r".{0,20}[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff].{0,20}", text)
bad += re.findall(r"^\+ create .*", text, re.M)
assert not bad, f"{sys.argv[1]}: {bad[:5]!r}"
PY
}

@test "plans, in every format" {
  for format in text json yaml markdown html junit; do
    harmless plan -f input.yaml --contexts tokyo-cluster,ireland-cluster -o $format -v 9
  done
  harmless plan -f input.yaml --contexts tokyo-cluster,ireland-cluster --diff=unified
  grep -q '\\u001b\[2K' seen
}

@test "drift, status, clusters, apply and delete" {
  harmless drift -f input.yaml --contexts tokyo-cluster,ireland-cluster
  harmless clusters --contexts tokyo-cluster,ireland-cluster
  for format in text json yaml; do
    harmless status -f input.yaml --contexts tokyo-cluster,ireland-cluster -o $format
    harmless clusters --contexts tokyo-cluster,ireland-cluster -o ${format/text/wide}
  done
  sed -i 's/{a: b}/{a: c}/' input.yaml
  harmless apply -f input.yaml --contexts tokyo-cluster,ireland-cluster --yes --wait=false
  harmless apply -f input.yaml --contexts tokyo-cluster,ireland-cluster --yes --wait=false -o json
  harmless delete -f input.yaml --contexts tokyo-cluster --yes
}

@test "a saved plan" {
  fedctl plan -f input.yaml --contexts tokyo-cluster,ireland-cluster --out saved.plan >/dev/null || true
  for format in text json yaml markdown html junit; do harmless show saved.plan -o $format; done
  harmless apply saved.plan
}

@test "what works offline" {
  for format in json yaml; do harmless render -f input.yaml --contexts tokyo-cluster -o $format; done
  harmless explain deployment/web -f input.yaml -n terminal --contexts $'tokyo\e[2K\n+ create false,b'
  harmless render -f input.yaml --contexts $'tokyo\e[2K\n+ create false'
  cat >preference.yaml <<'YAML'
apiVersion: scheduling.kubefed.io/v1alpha1
kind: ReplicaSchedulingPreference
metadata: {name: "web", namespace: terminal}
spec: {targetKind: FederatedDeployment, totalReplicas: 5}
YAML
  harmless schedule -f preference.yaml --clusters $'a\e[2K\n+ create false,b'
  harmless schedule -f preference.yaml --clusters $'a\e[2K\n+ create false,b' -o json
}

@test "YAML with what steers a terminal is read back as it was" {
  fedctl render -f input.yaml --contexts a >rendered.yaml
  diff <(fedctl render -f input.yaml --contexts a -o json) <(fedctl render -f rendered.yaml --contexts a -o json)
}

@test "flags, names of files, what is in files, and credential plugins" {
  harmless $'pl\e[2K\n+ create false'
  harmless plan $'--fi\e[2K\n+ create false'
  harmless plan -f $'no\e[2K\n+ create false.yaml' --contexts a
  harmless plan -f input.yaml -o $'te\e[2K\n+ create xt' --contexts a
  harmless plan -f input.yaml --contexts $'no\e[2K\n+ create such'
  printf 'apiVersion: v1\nkind: "Bad\\e[2K\\n+ create false"\nmetadata: {name: x}\n' >bad.yaml
  harmless plan -f bad.yaml --contexts ireland-cluster
  printf 'a: \e[2K\n' >worse.yaml
  harmless plan -f worse.yaml --contexts ireland-cluster
  printf '#!/bin/sh\nprintf "\\033[2K\\a\\n+ create false\\r" >&2\nexit 1\n' >plugin
  chmod +x plugin
  cat >plugin.kubeconfig <<EOF
clusters:
- {name: k, cluster: {server: "http://127.0.0.1:$port"}}
users:
- {name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: $PWD/plugin, interactiveMode: Never}}}
contexts:
- {name: tokyo-cluster, context: {cluster: k, user: u}}
EOF
  for format in text json; do harmless plan -f input.yaml --contexts tokyo-cluster --kubeconfig plugin.kubeconfig -v 9 -o $format; done
  harmless clusters --contexts tokyo-cluster --kubeconfig plugin.kubeconfig
}

@test "a terminal gets our colours and nothing else" {
  script=$BATS_TEST_TMPDIR/terminal.py
  printf 'import pty, sys\npty.spawn(sys.argv[1:])\n' >"$script"
  TERM=xterm python3 "$script" "$FEDCTL" plan -f input.yaml --contexts tokyo-cluster,ireland-cluster >seen 2>&1 </dev/null
  python3 - <<'PY'
import re
text = open("seen", "rb").read().decode().replace("\r\n", "\n")
assert "\x1b[31m" in text
text = re.sub(r"\x1b\[(0|1|2|31|32|33)m", "", text)
assert not re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text), text
PY
}

@test "what is said back is cut" {
  long=$(printf 'x%.0s' {1..100000})
  for words in "plan --$long" "plan -f $long.yaml --contexts a" "plan -f input.yaml -o $long" "$long" "plan -f input.yaml --contexts $long"; do
    harmless $words
    [ "$(wc -c <seen)" -lt 5000 ] || { head -c 100 <<<"$words" >&2; wc -c seen; return 1; }
  done
}
