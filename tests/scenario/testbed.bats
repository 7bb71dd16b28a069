# The test bed's own programs, built by a go that stands for the real one.
setup() {
  source=${FEDCTL_SOURCE:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}
  work=$BATS_TEST_TMPDIR
  export work FEDCTL_TESTBED_CACHE=$work/cache PATH=$work/bin:$PATH
  mkdir -p "$work/bin" "$work/module/kustomize/stage"/{node/fast,node/heartbeat,pod/fast}
  touch "$work"/module/kustomize/stage/{node/fast/node-initialize,node/heartbeat/node-heartbeat,pod/fast/pod-{complete,delete,ready}}.yaml
  cat >"$work/bin/go" <<'GO'
#!/usr/bin/env bash
# `build` ends when the other build waits, or has come here as well.
case "$1" in
  env) echo go1.99 ;;
  list) echo "$work/module" ;;
  build)
    echo build >>"$work/built"
    while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\n' >"$2"
    for _ in $(seq 100); do
      [ "$(wc -l <"$work/built")" -gt 1 ] || grep -qs "waiting for another build" "$work"/*.said && break
      sleep 0.1
    done
    [ ! -e "$work/fails" ] || exit 1
    chmod +x "$2"
    ;;
esac
GO
  chmod +x "$work/bin/go"
}

@test "two builds into one cache at once make each program once" {
  "$source/tests/testbed/build" kwok 2>"$work/first.said" &
  first=$!
  "$source/tests/testbed/build" kwok 2>"$work/second.said" &
  second=$!
  wait $first
  wait $second
  [ "$(wc -l <"$work/built")" = 1 ]
  [ -x "$work/cache/bin/kwok" ]
  [ ! -e "$work/cache/bin/new" ]
}

@test "a build that fails leaves the program that was there" {
  mkdir -p "$work/cache/bin"
  echo old >"$work/cache/bin/kwok"
  touch "$work/fails" "$work/other.said"
  echo "waiting for another build" >"$work/other.said"
  run "$source/tests/testbed/build" kwok
  [ "$status" != 0 ]
  [ "$(cat "$work/cache/bin/kwok")" = old ]
  [ ! -e "$work/cache/bin/kwok.sum" ]
}

@test "a clone whose recipe differs in a comment finds the program" {
  echo "waiting for another build" >"$work/other.said"
  cp -r "$source/tests/testbed" "$work/clone"
  echo "# a comment" >>"$work/clone/build"
  "$source/tests/testbed/build" kwok
  "$work/clone/build" kwok
  [ "$(wc -l <"$work/built")" = 1 ]
}

@test "the quickstart counts what is built, and says which step failed" {
  printf '#!/bin/sh\n[ "$1" = --build ] || exit 0\necho "[1/2] Building a"\necho "[2/2] Building b"\necho "b.cpp: error"\nexit 1\n' >"$work/bin/cmake"
  chmod +x "$work/bin/cmake"
  run "$source/examples/quickstart.sh"
  [ "$status" = 1 ]
  [[ $output == *"[2/2]"*"b.cpp: error"*"quickstart: failed (exit status 1) while building fedctl"* ]]
}
