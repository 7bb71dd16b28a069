#!/usr/bin/env bash
# From nothing to one application in three clusters: installs what is missing, builds fedctl, brings three real Kubernetes
# clusters up on this machine, and runs plan, apply and plan again. Can be run again at once.
#   examples/quickstart.sh          leaves the clusters up, to play with
#   examples/quickstart.sh --down   takes them down
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/packages.sh

export FEDCTL_TESTBED_DIR=${FEDCTL_TESTBED_DIR:-${FEDCTL_TESTBED_CACHE:-$HOME/.cache/fedctl/testbed}/quickstart}
if [ "${1:-}" = --down ]; then exec tests/testbed/down; fi

say() { step=$*; printf '\n== %s\n' "$*"; }
log=$(mktemp -t fedctl-quickstart-XXXXXX)
step="starting"
trap 'status=$?; [ $status = 0 ] && rm -f "$log" || printf "\nquickstart: failed (exit status %s) while %s\n" $status "$step" >&2' EXIT

# quietly COMMAND...: what it prints is shown only if it fails.
quietly() { "$@" >"$log" 2>&1 || { tail -40 "$log"; echo "failed: $* (see $log)"; exit 1; }; }

# counting COMMAND...: of what ninja prints only how far it is: on a terminal one line that changes, else one for each tenth.
counting() {
  local line done all tenth=-1
  set +e
  "$@" 2>&1 | while IFS= read -r line; do
    echo "$line" >>"$log"
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    done=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
    if [ -t 1 ]; then
      printf '\r[%s/%s]' "$done" "$all"
    elif [ $((done * 10 / all)) != $tenth ]; then
      tenth=$((done * 10 / all))
      echo "[$done/$all]"
    fi
  done
  local status=${PIPESTATUS[0]}
  set -e
  [ ! -t 1 ] || echo
  [ "$status" = 0 ] || { tail -40 "$log"; echo "failed: $* (see $log)"; exit 1; }
}

# show WORDS...: prints a fedctl command line as one would type it, and runs it.
show() {
  printf '\n$ fedctl %s\n' "$*"
  build/release/fedctl "$@"
}

say "installing what is missing"
ensure "${build_packages[@]}" "${testbed_packages[@]}"

say "building fedctl (the first time 2 to 10 minutes, by the number of processors)"
mkdir -p build
exec 8>build/quickstart.lock
flock -n 8 || { echo "waiting for another quickstart in this folder"; flock 8; }
quietly cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DFEDCTL_PRECOMPILE=ON -DFEDCTL_UNITY=ON
counting cmake --build build/release
exec 8>&-

say "bringing three clusters up (the first time their programs are built, which takes 6 to 35 minutes, by the number of processors)"
KUBECONFIG=$(tests/testbed/up tokyo-cluster ireland-cluster virginia-cluster)
export KUBECONFIG

fleet=examples/fleet.yaml
say "the clusters"
show clusters --fleet $fleet
say "what would happen"
show plan --fleet $fleet -f examples/federated-web-app.yaml
say "make it so"
show apply --fleet $fleet -f examples/federated-web-app.yaml --yes
say "and again: nothing is left to do"
show plan --fleet $fleet -f examples/federated-web-app.yaml

say "yours to play with:"
cat <<TEXT
export KUBECONFIG=$KUBECONFIG PATH=\$PATH:$PWD/build/release
kubectl --context tokyo-cluster -n production scale deployment web-app --replicas 7
fedctl plan --fleet $fleet -f examples/federated-web-app.yaml
$0 --down     # takes the clusters down
TEXT
