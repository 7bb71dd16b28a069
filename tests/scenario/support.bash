# What the scenarios share: three real clusters, the binary, and a place of its own for each test.
FEDCTL_SOURCE=${FEDCTL_SOURCE:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}
FEDCTL=${FEDCTL:-$FEDCTL_SOURCE/build/dev/fedctl}
testbed=$FEDCTL_SOURCE/tests/testbed
export FEDCTL_TESTBED_DIR=${FEDCTL_TESTBED_DIR:-${FEDCTL_TESTBED_CACHE:-$HOME/.cache/fedctl/testbed}/run}
# Whoever runs beside the other scenarios has a test bed of his own, named once.
[ -z "${FEDCTL_TESTBED_SUFFIX:-}" ] || export FEDCTL_TESTBED_DIR=$FEDCTL_TESTBED_DIR$FEDCTL_TESTBED_SUFFIX FEDCTL_TESTBED_SUFFIX=
export KUBECONFIG=$FEDCTL_TESTBED_DIR/kubeconfig
export FEDCTL_FLEET=
three=(tokyo-cluster ireland-cluster virginia-cluster)
contexts="--contexts tokyo-cluster,ireland-cluster,virginia-cluster"

host="--host-cluster-context host-cluster"
system=kube-federation-system

start_clusters() { "$testbed/up" "${three[@]}" >/dev/null; }

# start_federation: the three clusters and a host that has nothing of a federation yet.
start_federation() {
  "$testbed/up" host-cluster "${three[@]}" >/dev/null
  leave_federation
}

# leave_federation: takes everything of a federation out of the host and the members.
leave_federation() {
  local cluster name
  for name in $(value host-cluster /apis/apiextensions.k8s.io/v1/customresourcedefinitions '.items[].metadata.name | select(endswith("kubefed.io") or endswith("fedctl.io"))'); do
    for path in $(value host-cluster /apis/apiextensions.k8s.io/v1/customresourcedefinitions/$name '"/apis/\(.spec.group)/\(.spec.versions[0].name)/\(.spec.names.plural)"'); do
      release_all host-cluster "$path"
    done
    api host-cluster /apis/apiextensions.k8s.io/v1/customresourcedefinitions/$name -X DELETE >/dev/null
  done
  for cluster in host-cluster "${three[@]}"; do
    for name in $(value $cluster /apis/rbac.authorization.k8s.io/v1/clusterrolebindings '.items[].metadata.name | select(startswith("kubefed"))'); do
      api $cluster "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/$name" -X DELETE >/dev/null
    done
    for name in $(value $cluster /apis/rbac.authorization.k8s.io/v1/clusterroles '.items[].metadata.name | select(startswith("kubefed") or startswith("fedctl"))'); do
      api $cluster "/apis/rbac.authorization.k8s.io/v1/clusterroles/$name" -X DELETE >/dev/null
    done
  done
  # Whatever namespace a test used: what a host left in a member would be the next one's to prune.
  for cluster in host-cluster "${three[@]}"; do
    forget_in $cluster $(value $cluster /api/v1/namespaces '.items[].metadata.name | select(IN("default", "kube-system", "kube-public", "kube-node-lease") | not)')
  done
}

# release_all CLUSTER COLLECTION: drops the finalizers of all its objects, so that they can go.
release_all() {
  local path
  for path in $(value "$1" "$2" '.items[]? | select(.metadata.finalizers) | if .metadata.namespace then "/namespaces/\(.metadata.namespace)" else "" end + "|" + .metadata.name'); do
    local group=${2%/*} plural=${2##*/}
    api "$1" "$group${path%|*}/$plural/${path#*|}" -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"metadata":{"finalizers":null}}' >/dev/null
  done
}

# background COMMAND...: starts a helper that bats does not wait for; its process id is in $helper. It lives on when a client hangs up.
background() {
  (trap '' PIPE && source "$testbed/lib.sh" && alone "$@") >/dev/null 2>&1 </dev/null &
  helper=$!
}

# stop_helper: ends the helper if one runs, which is no test of whether one does.
stop_helper() { kill "${helper:-}" 2>/dev/null || true; }

# listening PORT: waits until somebody listens there.
listening() {
  for _ in $(seq 300); do (exec 4<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; sleep 0.1; done
  return 1
}

# through_proxy CLUSTER FAULT: from now on proxy.kubeconfig leads to the cluster through a proxy with this fault (proxy.py), at $port.
through_proxy() {
  stop_helper
  port=$(source "$testbed/lib.sh" && free_port)
  background python3 "$BATS_TEST_DIRNAME/proxy.py" "$port" "$(cat "$FEDCTL_TESTBED_DIR/$1/port")" "$FEDCTL_TESTBED_DIR/pki" "$2"
  listening "$port"
  printf 'clusters:\n- {name: k, cluster: {server: "http://127.0.0.1:%s"}}\ncontexts:\n- {name: %s, context: {cluster: k}}\n' "$port" "$1" >proxy.kubeconfig
}

in_own_folder() {
  cd "$BATS_TEST_TMPDIR" || return
  export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
}

fedctl() { timeout 120 "$FEDCTL" "$@"; }

# api CLUSTER PATH [CURL-ARGUMENT...]: one request as the administrator, for looking and meddling.
api() {
  local cluster=$1 path=$2
  shift 2
  curl -sS --cacert "$FEDCTL_TESTBED_DIR/pki/ca.crt" --cert "$FEDCTL_TESTBED_DIR/pki/admin.crt" --key "$FEDCTL_TESTBED_DIR/pki/admin.key" \
    "https://127.0.0.1:$(cat "$FEDCTL_TESTBED_DIR/$cluster/port")$path" "$@"
}

# create CLUSTER PATH OBJECT: makes an object.
create() { api "$1" "$2" -X POST -H 'Content-Type: application/json' -d "$3" >/dev/null; }

# kubeconfig_of CONTEXT CLUSTER: a kubeconfig that calls the cluster's context so.
kubeconfig_of() {
  local pki=$FEDCTL_TESTBED_DIR/pki
  cat <<EOF
clusters:
- {name: c, cluster: {server: "https://127.0.0.1:$(cat "$FEDCTL_TESTBED_DIR/$2/port")", certificate-authority: "$pki/ca.crt"}}
users:
- {name: u, user: {client-certificate: "$pki/admin.crt", client-key: "$pki/admin.key"}}
contexts:
- {name: "$1", context: {cluster: c, user: u}}
EOF
}

# value CLUSTER PATH JQ: a field of a live object.
value() { api "$1" "$2" | jq -r "$3"; }

# meddle CLUSTER PATH MERGE-PATCH: somebody else changes an object.
meddle() { api "$1" "$2?fieldManager=somebody" -X PATCH -H 'Content-Type: application/merge-patch+json' -d "$3" >/dev/null; }

# forget NAMESPACE...: removes namespaces from all clusters, and waits until they are gone.
forget() { forget_in "${three[*]}" "$@"; }

# forget_in CLUSTERS NAMESPACE...: the same in the clusters of a list.
forget_in() {
  local cluster name clusters=$1
  shift
  for cluster in $clusters; do
    for name in "$@"; do api "$cluster" "/api/v1/namespaces/$name" -X DELETE >/dev/null; done
  done
  for cluster in $clusters; do
    for name in "$@"; do
      for _ in $(seq 300); do
        [ "$(value "$cluster" "/api/v1/namespaces/$name" .code)" = 404 ] && break
        sleep 0.1
      done
    done
  done
}

# says TEXT: the output of the last `run` holds it; shows what it saw otherwise.
says() {
  [[ $output == *"$1"* ]] || { printf 'expected: %s\nseen:\n%s\n' "$1" "$output" >&2; return 1; }
}
says_not() {
  [[ $output != *"$1"* ]] || { printf 'not expected: %s\nseen:\n%s\n' "$1" "$output" >&2; return 1; }
}
exits() {
  [ "$status" -eq "$1" ] || { printf 'expected exit %s, got %s; output:\n%s\n' "$1" "$status" "$output" >&2; return 1; }
}
# not COMMAND...: it must fail. bats overlooks a failing `! COMMAND`, and a failing first half of `A && B`.
not() {
  ! "$@" || { printf 'not expected to succeed: %s\n' "$*" >&2; return 1; }
}
# eventually COMMAND...: repeats it until it succeeds, for at most 40 seconds.
eventually() {
  for _ in $(seq 400); do "$@" 2>/dev/null && return; sleep 0.1; done
  echo "never: $*" >&2
  return 1
}
one_error() {
  local count
  count=$(grep -c '^error: ' <<<"$output")
  [ "$count" -eq 1 ] || { printf 'expected one error, seen:\n%s\n' "$output" >&2; return 1; }
}

# golden NAME: the output of the last `run` is what tests/scenario/golden/NAME says; UPDATE_GOLDEN=1 rewrites that.
golden() {
  local file=$BATS_TEST_DIRNAME/golden/$1
  [ -z "${UPDATE_GOLDEN:-}" ] || printf '%s\n' "$output" >"$file"
  diff "$file" <(printf '%s\n' "$output")
}
