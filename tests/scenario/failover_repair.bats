#!/usr/bin/env bats
# After a failover: every database follows the active one again, and nothing moves.

setup_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; }
teardown_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; forget_in "tokyo-cluster ireland-cluster" production; }

setup() {
  load support
  load failover_support
  in_own_folder
  start_application
  write_rejoin
}
teardown() { stop_application; }

with_rejoin() { sed -i "s#{connection: {env: \(.*\)_DATABASE}}#{connection: {env: \1_DATABASE}, rejoin: {command: [$PWD/rejoin]}}#" policy.yaml; }

@test "repair makes the old side a standby that lets readers in, and says so when there is nothing to do" {
  with_rejoin
  start_writer $tokyo_port
  run failover run --yes
  exits 0
  end_writer
  run failover repair --yes
  exits 0
  says "tokyo-cluster does not follow ireland-cluster: it is a primary of its own"
  says "tokyo-cluster is a standby of ireland-cluster"
  [ "$(sql $tokyo_port 'SELECT pg_is_in_recovery(), received_tli FROM pg_stat_wal_receiver')" = "t|2" ]
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = f ]
  [ "$(role_in ireland-cluster)" = "10 read-write,primary" ]
  run failover repair --yes -o json
  exits 0
  [ "$(jq -c . <<<"$output")" = '{"active":"ireland-cluster","cluster":"tokyo-cluster","repair":"none"}' ]
  run failover switchover --yes
  exits 0
  [ "$(lost_in $tokyo_port)" = 0 ]
}

@test "without a program repair prints what to do by hand, and is not done" {
  failover run --yes >/dev/null
  run failover repair --yes
  exits 4
  says "by hand, for the policy has no program for it"
  says "pg_rewind"
}

@test "a rejoin that does not follow the new timeline is not done" {
  sed -i "s#{connection: {env: \(.*\)_DATABASE}}#{connection: {env: \1_DATABASE}, rejoin: {command: ['true']}}#; s#maxLagBytes: 1Mi#maxLagBytes: 1Mi\n      catchUpTimeout: 2s#" policy.yaml
  failover run --yes >/dev/null
  run failover repair --yes
  exits 1
  says "the database of tokyo-cluster did not become a standby: it is no standby"
}

@test "a program that does not end in its time is ended, and is not run again by itself" {
  printf '#!/bin/sh\necho begun >>%s/begun\nexec sleep 600\n' "$PWD" >rejoin
  with_rejoin
  sed -i "s#command: \[$PWD/rejoin\]#&, timeout: 1s#" policy.yaml
  run failover switchover --yes
  exits 1
  says "stopped at the step rejoin: $PWD/rejoin gave no answer within 1s and was ended"
  [ "$(cat begun)" = begun ]
}

@test "a policy without a database has nothing to repair" {
  sed -i '/^  database:/,/ireland-cluster: {connection/d' policy.yaml
  echo "  health: {checks: [{apiServer: {}}, {http: {urls: {tokyo-cluster: 'http://127.0.0.1:1', ireland-cluster: 'http://127.0.0.1:1'}}}]}" >>policy.yaml
  run failover repair --yes
  exits 1
  one_error
  says "the policy has no database"
}

@test "a DNS provider that does not answer holds nothing up: the record is owed, until repair writes it" {
  stop_dns "$BATS_TEST_TMPDIR/dns"
  run failover plan
  exits 0
  says "the DNS provider does not answer"
  run failover run --yes
  exits 3
  says "owed: dns; watch tries it again, and so does 'fedctl failover repair'"
  [ "$(role_in ireland-cluster)" = "10 read-write,primary" ]
  [ "$(failover status -o json | jq -r '.run.steps[] | select(.name == "dns") | .state')" = owed ]
  run failover repair --yes
  not grep -q "the last run owes nothing" <<<"$output"
  [ "$status" != 0 ]
  start "$BATS_TEST_TMPDIR/dns/knot.pid" "$BATS_TEST_TMPDIR/dns/knot.log" knotd -c "$BATS_TEST_TMPDIR/dns/knot.conf"
  for _ in $(seq 50); do [ -n "$(answer)" ] && break; sleep 0.1; done
  with_rejoin
  run failover repair --yes
  exits 0
  says "the last run owes: dns"
  [ "$(answer)" = ireland-lb.example.com. ]
  [ "$(failover status -o json | jq -r '.run.steps[] | select(.name == "dns") | .state')" = done ]
}

@test "a standby whose replay is paused does not follow, and repair says what to do" {
  sql $ireland_port "SELECT pg_wal_replay_pause()" >/dev/null
  run failover repair --yes
  exits 4
  says "ireland-cluster does not follow tokyo-cluster: its replay is paused"
  says "1. in its database: SELECT pg_wal_replay_resume()"
  run failover switchover --yes
  exits 4
  says "replay is paused in the database of ireland-cluster"
  sql $ireland_port "SELECT pg_wal_replay_resume()" >/dev/null
  run failover repair --yes
  exits 0
  says "ireland-cluster follows tokyo-cluster"
}

@test "what a run owes stays owed while a later run is begun and undone" {
  stop_dns "$BATS_TEST_TMPDIR/dns"
  run failover run --yes
  exits 3
  with_rejoin
  failover repair --yes >/dev/null || true
  within 10 t sql $ireland_port "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming')"
  cp policy.yaml policy-before.yaml
  echo "  hooks: [{before: promote, command: ['false']}]" >>policy.yaml
  run failover run --yes
  exits 1
  run failover status
  says_not "owed"
  failover abort --yes >/dev/null
  cp policy-before.yaml policy.yaml
  run failover status
  says "owed: dns"
  [ "$(failover status -o json | jq -r '[.active, .run.state, .earlierRun.to] | join(" ")')" = "ireland-cluster aborted ireland-cluster" ]
  start "$BATS_TEST_TMPDIR/dns/knot.pid" "$BATS_TEST_TMPDIR/dns/knot.log" knotd -c "$BATS_TEST_TMPDIR/dns/knot.conf"
  for _ in $(seq 50); do [ -n "$(answer)" ] && break; sleep 0.1; done
  run failover repair --yes
  exits 0
  says "the last run owes: dns"
  [ "$(answer)" = ireland-lb.example.com. ]
  run failover status
  says_not "owed"
}

# repair_at_prompt: it has shown what it will do, and waits for an answer in answer.fifo; what it says is in `said`.
repair_at_prompt() {
  mkfifo answer.fifo
  exec 5<>answer.fifo
  script -qefc "'$FEDCTL' failover repair policy.yaml -f app.yaml" said <answer.fifo >/dev/null 2>&1 3>&- 4>&- &
  prompted=$!
  for _ in $(seq 100); do grep -q "makes its database a standby" said 2>/dev/null && return; sleep 0.1; done
  cat said
  return 1
}

@test "what became the active side while repair waited for an answer is not rebuilt" {
  with_rejoin
  failover run --yes >/dev/null
  repair_at_prompt
  failover repair --yes >/dev/null
  failover switchover --to tokyo-cluster --yes >/dev/null
  echo yes >&5
  exec 5>&-
  code=0
  wait $prompted || code=$?
  [ "$code" = 4 ]
  grep -q "refused: tokyo-cluster is the active cluster already" said
  [ "$(sql $tokyo_port 'SELECT pg_is_in_recovery()')" = f ]
}

@test "no run goes on beside a repair, nor does another repair" {
  with_rejoin
  failover run --yes >/dev/null
  mv rejoin really_rejoin
  printf '#!/bin/sh\ntouch %s/begun; until [ -e %s/go ]; do sleep 0.1; done\nexec %s/really_rejoin\n' "$PWD" "$PWD" "$PWD" >rejoin
  chmod +x rejoin
  background bash -c "exec '$FEDCTL' failover repair policy.yaml -f app.yaml --yes >first.log 2>&1"
  first=$helper
  for _ in $(seq 100); do [ -e begun ] && break; sleep 0.1; done
  [ -e begun ]
  rm begun
  run failover repair --yes
  exits 4
  says "is at work on this policy"
  [ ! -e begun ]
  run failover run --yes
  exits 4
  says "is at work on this policy"
  touch go
  wait $first
}

@test "repair makes nothing a standby of a side that is a standby itself" {
  with_rejoin
  failover run --yes >/dev/null
  stop_database ireland fast
  as_postgres "touch $databases/ireland/standby.signal"
  start_database ireland
  run failover repair --yes
  exits 4
  one_error
  says "the database of ireland-cluster is a standby itself"
  says "fedctl failover run"
}
