#!/usr/bin/env bash
# Installs what the tests need, builds, and runs them all: unit tests (plain, and under sanitizers), then scenarios on real clusters.
#   tests/run.sh             everything, as CI does
#   tests/run.sh --quick     without the sanitizer builds
# Ends with ctest's own closing lines. Can be run again at once; what was built is kept in build/ and in the caches.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/packages.sh

quick=false
[ "${1:-}" != --quick ] || quick=true
logs=build/logs
mkdir -p "$logs"

say() { echo "== $*"; }

# quietly NAME COMMAND...: its output goes to a log, which is shown when it fails.
quietly() {
  local log=$logs/$1.log
  shift
  "$@" >"$log" 2>&1 && return
  tail -60 "$log"
  echo "failed: $* (its whole output is in $log)"
  exit 1
}

build() {
  quietly "configure-$1" cmake --preset "$1"
  quietly "build-$1" cmake --build --preset "$1"
}

ensure "${build_packages[@]}" "${testbed_packages[@]}" "${test_packages[@]}"
say "building the test bed (minutes the first time, then kept)"
quietly testbed tests/testbed/build
say "building"
build dev
quietly format .ci/check
if ! $quick; then
  for preset in asan+ubsan tsan; do
    say "unit tests under $preset"
    build "$preset"
    quietly "test-$preset" ctest --preset "$preset" --label-regex unit --parallel 2
  done
fi
say "unit tests and scenarios"
trap 'tests/testbed/down' EXIT
export FEDCTL_TESTBED_DIR=${FEDCTL_TESTBED_DIR:-$(mktemp -d -t fedctl-testbed-XXXXXX)}
ctest --preset dev --progress
