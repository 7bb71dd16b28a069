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

# build PRESET [PREFIX...]: with a dozen files compiled at a time; what the prefix, such as nice, makes run the compilers.
build() {
  local preset=$1
  shift
  quietly "configure-$preset" cmake --preset "$preset" -DFEDCTL_PRECOMPILE=ON -DFEDCTL_UNITY=ON
  quietly "build-$preset" "$@" cmake --build --preset "$preset"
}

ensure "${build_packages[@]}" "${testbed_packages[@]}" "${test_packages[@]}"
say "building the test bed (minutes the first time, then kept)"
quietly testbed tests/testbed/build
say "building"
build dev
quietly format .ci/check
say "unit tests and scenarios, which wait more than they work"
export FEDCTL_TESTBED_DIR=${FEDCTL_TESTBED_DIR:-$(mktemp -d -t fedctl-testbed-XXXXXX)}
set -m
ctest --preset dev --parallel 2 --progress >"$logs/tests.log" 2>&1 &
tests=$!
set +m
trap 'kill -- -$tests 2>/dev/null || true; tests/testbed/down; FEDCTL_TESTBED_DIR=$FEDCTL_TESTBED_DIR-failover tests/testbed/down' EXIT
if ! $quick; then
  for preset in asan+ubsan tsan; do
    say "beside them: unit tests under $preset"
    build "$preset" nice -n 19
    quietly "test-$preset" nice -n 19 ctest --preset "$preset" --label-regex unit --parallel 2
  done
  say "beside them: a minute of each fuzz target"
  SEED=1 quietly fuzz nice -n 19 tests/fuzz/run 60
fi
passed=0
wait $tests || passed=$?
cat "$logs/tests.log"
exit $passed
