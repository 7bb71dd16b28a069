#!/usr/bin/env bats
# Hooks of a run that stopped: by name and by what they say, whatever was done to the policy meanwhile.

setup_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; }
teardown_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; forget_in "tokyo-cluster ireland-cluster" production; }

setup() {
  load support
  load failover_support
  in_own_folder
  start_application
  cp policy.yaml plain.yaml
}
teardown() { stop_application; }

# with_hooks HOOK...: the policy with these.
with_hooks() {
  { cat plain.yaml; echo '  hooks:'; printf '  - {before: verify, %s}\n' "$@"; } >policy.yaml
}

@test "a policy that was changed since the run began is shown, and gone on by only when somebody says so; no hook runs twice" {
  with_hooks 'name: first, command: [sh, -c, "echo first >>ran"]' 'name: broken, command: ["false"]'
  run failover run --yes
  exits 1
  says "hook broken before verify"
  with_hooks 'name: inserted, command: [sh, -c, "echo inserted >>ran"]' 'name: first, command: [sh, -c, "echo first >>ran"]' 'name: broken, command: [sh, -c, "echo mended >>ran"]'
  run failover run --resume --yes
  exits 4
  one_error
  says "the policy was changed since the run began: "
  says "spec.hooks[0].name: first -> inserted"
  says "go on by it with --resume --accept-policy-change"
  [ "$(cat ran)" = first ]
  run failover run --resume --accept-policy-change --yes
  exits 0
  says "overridden: --accept-policy-change"
  [ "$(cat ran)" = $'first\ninserted\nmended' ]
}

@test "a hook that fails is passed over when it is named, and that is recorded" {
  with_hooks 'name: broken, command: ["false"]'
  run failover run --yes
  exits 1
  run failover run --resume --skip-hook brokem --yes
  exits 1
  says "the run has no hook 'brokem' that is still to be run; it has broken"
  run failover run --resume --skip-hook broken --yes
  exits 0
  says "overridden: --skip-hook broken"
  run failover status -o json
  [ "$(jq -r '.run.overridden[]' <<<"$output")" = "--skip-hook broken" ]
}

@test "hooks of one name, and flags that need --resume, are refused" {
  with_hooks 'name: a, command: ["true"]' 'name: a, command: ["false"]'
  run failover run --yes
  exits 1
  says "two hooks are named 'a'"
  cp plain.yaml policy.yaml
  run failover run --skip-hook a --yes
  exits 1
  says "--skip-hook requires --resume"
}
