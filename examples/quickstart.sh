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

say() { printf '\n== %s\n' "$*"; }
log=$(mktemp -t fedctl-quickstart-XXXXXX)
quietly() { "$@" >"$log" 2>&1 || { tail -40 "$log"; echo "failed: $* (see $log)"; exit 1; }; }

# show WORDS...: prints a fedctl command line as one would type it, and runs it.
show() {
  printf '\n$ fedctl %s\n' "$*"
  build/release/fedctl "$@"
}

say "installing what is missing"
ensure "${build_packages[@]}" "${testbed_packages[@]}"

say "building fedctl"
quietly cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF
quietly cmake --build build/release

say "bringing three clusters up (the first time their control plane is built, which takes some minutes)"
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
rm -f "$log"
