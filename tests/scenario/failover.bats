#!/usr/bin/env bats
# Failing over from Tokyo to Ireland: real clusters, two PostgreSQL servers that stream, and a DNS server that takes updates.

setup_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; }
teardown_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; forget_in "tokyo-cluster ireland-cluster" production; }

setup() {
  load support
  load failover_support
  in_own_folder
  start_application
}
teardown() { stop_application; }

@test "plan says every step, the loss and the changes, and changes nothing" {
  run failover plan
  exits 0
  says "failover of production/active-standby-app: tokyo-cluster -> ireland-cluster"
  says "the database of tokyo-cluster takes no more writes"
  says "app.example.com CNAME: tokyo-lb.example.com -> ireland-lb.example.com"
  says "env[name=ROLE].value: standby -> primary"
  says "Plan: 0 to create, 2 to update"
  [ "$(role_in ireland-cluster)" = "2 read-only,standby" ]
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = t ]
  [ "$(answer)" = tokyo-lb.example.com. ]
  run failover plan -o json
  [ "$(jq -r '.steps | map(.name) | join(" ")' <<<"$output")" = "fence catch-up promote roles ready dns verify record" ]
}

@test "run moves everything, the old side takes no more writes, and nothing is lost" {
  sql $tokyo_port "INSERT INTO events SELECT FROM generate_series(1, 500)"
  run failover run --yes
  exits 0
  says "tokyo-cluster -> ireland-cluster, token 1"
  says "0 bytes lost, 0 counted lost"
  [ "$(role_in ireland-cluster)" = "10 read-write,primary" ]
  [ "$(role_in tokyo-cluster)" = "2 read-only,standby" ]
  [ "$(value ireland-cluster $deployment .status.readyReplicas)" = 10 ]
  [ "$(answer)" = ireland-lb.example.com. ]
  [ "$(sql $ireland_port 'INSERT INTO events DEFAULT VALUES; SELECT count(*) FROM events')" = $'INSERT 0 1\n501' ]
  run sql $tokyo_port 'INSERT INTO events DEFAULT VALUES'
  says "fenced_by_fedctl"
  run sql_past_fence $tokyo_port 'INSERT INTO events DEFAULT VALUES'
  says "read-only transaction"
  run failover status
  exits 0
  says "ireland-cluster is active, token 1"
}

@test "Tokyo dead: without a proof that it is, and with its lag unknown, it is refused; the policy may say to go on" {
  kill_tokyo
  run failover run --yes
  exits 4
  one_error
  says "how much ireland-cluster lacks is not known"
  says "tokyo-cluster cannot be fenced"
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = t ]
  policy_with '{proceedUnfencedAfter: 100ms}'
  run failover run --yes --accept-data-loss unknown
  exits 0
  says "overridden: proceedUnfencedAfter 100ms"
  [ "$(role_in ireland-cluster)" = "10 read-write,primary" ]
  [ "$(answer)" = ireland-lb.example.com. ]
}

@test "what Tokyo had when it was last seen, and Ireland lacks, is the loss that is reported" {
  policy_with '{proceedUnfencedAfter: 100ms}'
  sql $tokyo_port "INSERT INTO events SELECT FROM generate_series(1, 10)"
  for _ in $(seq 50); do [ "$(sql $ireland_port 'SELECT count(*) FROM events')" = 10 ] && break; sleep 0.1; done
  stop_database ireland fast
  sql $tokyo_port "INSERT INTO events SELECT FROM generate_series(1, 7)"
  failover status
  kill_tokyo
  start_database ireland
  run failover run --yes
  exits 0
  says "7 counted lost"
  [ "$(sql $ireland_port 'SELECT count(*) FROM events')" = 10 ]
  run failover status -o json
  [ "$(jq -r '.run.outcome.lostBytes > 0' <<<"$output")" = true ]
}

@test "a standby that lags by more than maxLagBytes is refused" {
  policy_with '{proceedUnfencedAfter: 100ms}'
  stop_database ireland fast
  sql $tokyo_port "CREATE TABLE big AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)"
  failover status
  kill_tokyo
  start_database ireland
  run failover run --yes
  exits 4
  one_error
  says "and maxLagBytes is 1048576; --accept-data-loss "
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = t ]
}

@test "a switchover under load loses no row" {
  start_writer $tokyo_port
  run failover switchover --yes
  exits 0
  end_writer
  [ "$(lost_in $ireland_port)" = 0 ]
}

@test "killed between any two steps, resume goes on and does no step twice" {
  for step in fence catch-up promote roles dns; do
    [ "$step" = fence ] || start_over
    cat >die <<EOF
#!/bin/sh
[ -e died-$step ] || { touch died-$step; kill -9 \$PPID; }
EOF
    chmod +x die
    policy_with ''
    echo "  hooks: [{after: $step, command: [./die]}]" >>policy.yaml
    run failover run --yes
    [ "$status" -ne 0 ]
    run failover run --yes
    exits 4
    says "was not finished"
    run failover run --resume --yes
    exits 0
    run failover status -o json
    [ "$(jq -r '.run.state' <<<"$output")" = done ]
    [ "$(jq -r '[.run.steps[] | select(.name | startswith("hook") | not) | .attempts] | max' <<<"$output")" = 1 ]
    [ "$(jq -r '.sides[1].database.timeline' <<<"$output")" = 2 ]
  done
}
start_over() {
  stop_databases
  start_databases
  rm -rf "$XDG_STATE_HOME"
  fedctl apply -f app.yaml --contexts tokyo-cluster,ireland-cluster --yes --accept-role-change >/dev/null
}

@test "a run that did not promote is undone by abort" {
  cat >die <<'EOF'
#!/bin/sh
kill -9 $PPID
EOF
  chmod +x die
  echo "  hooks: [{after: fence, command: [./die]}]" >>policy.yaml
  run failover run --yes
  run sql $tokyo_port 'INSERT INTO events DEFAULT VALUES'
  says "fenced_by_fedctl"
  run sql_past_fence $tokyo_port 'INSERT INTO events DEFAULT VALUES'
  says "read-only transaction"
  run failover abort --yes
  exits 0
  sql $tokyo_port 'INSERT INTO events DEFAULT VALUES'
  run failover abort --yes
  exits 1
  says "there is no run to undo"
}

@test "a standby that replays late on purpose loses nothing that it has received, and is switched over to by nobody" {
  sql $ireland_port "ALTER SYSTEM SET recovery_min_apply_delay = '1h'" >/dev/null
  sql $ireland_port "SELECT pg_reload_conf()" >/dev/null
  sed -i 's/maxLagBytes: 1Mi/&\n      catchUpTimeout: 3s/' policy.yaml
  sql $tokyo_port "INSERT INTO events DEFAULT VALUES" >/dev/null
  within 10 t sql $tokyo_port "SELECT flush_lsn = pg_current_wal_flush_lsn() FROM pg_stat_replication"
  run failover switchover --yes
  exits 4
  says "the database of ireland-cluster replays 1h late (recovery_min_apply_delay), longer than catchUpTimeout"
  run failover plan
  exits 0
  says "warning: the database of ireland-cluster replays 1h late"
  run failover run --yes
  exits 0
  says "0 bytes lost"
  says_not "counted lost"
  [ "$(sql $ireland_port 'SELECT count(*) FROM events')" = "$(sql_past_fence $tokyo_port 'SELECT count(*) FROM events')" ]
}

@test "before the first run another order of the policy's clusters moves nothing" {
  failover status >/dev/null
  sed -i 's/clusters: \[tokyo-cluster, ireland-cluster\]/clusters: [ireland-cluster, tokyo-cluster]/' policy.yaml
  run failover status
  says "production/active-standby-app: tokyo-cluster is active"
  run failover plan
  exits 0
  says "tokyo-cluster -> ireland-cluster"
}

@test "two runs at once: one is refused" {
  echo "  hooks: [{after: fence, command: [sh, -c, 'touch fenced; while [ ! -e go ]; do sleep 0.1; done']}]" >>policy.yaml
  failover run --yes >first 2>&1 3>&- 4>&- &
  first=$!
  for _ in $(seq 100); do [ -e fenced ] && break; sleep 0.1; done
  run failover run --yes
  touch go
  exits 4
  one_error
  says "is at work on this policy"
  wait $first
  grep -q "token 1" first
}

@test "bad input is said with its place, and nothing is done" {
  sed -i 's/maxLagBytes/maxLagByte/' policy.yaml
  run failover run --yes
  exits 1
  one_error
  says "policy.yaml:$(grep -n maxLagByte: policy.yaml | cut -d: -f1):7"
  says "unknown field 'maxLagByte', did you mean 'maxLagBytes'?"
  policy_with ''
  sed -i 's/container: app/container: web/' policy.yaml
  run failover plan
  exits 1
  says "it has no container 'web'"
  policy_with ''
  sed -i 's/name: active-standby-app}/name: other}/' policy.yaml
  run failover plan
  exits 1
  says "the target FederatedDeployment production/other is in no file"
  run fedctl failover plan missing
  exits 1
  one_error
  policy_with ''
  unset TOKYO_DATABASE
  run failover plan
  exits 4
  says "the environment variable TOKYO_DATABASE is not set"
  run failover run </dev/null
  exits 4
  says "use --yes"
}
