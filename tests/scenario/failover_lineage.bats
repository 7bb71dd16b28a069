#!/usr/bin/env bats
# Databases that people promoted, copied or opened on their own: a position of another history is never taken for one of the primary's,
# nothing is promoted beside a primary, and what only one database has is not thrown away.

setup_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster virginia-cluster >/dev/null; }
teardown_file() { load support; forget_in "tokyo-cluster ireland-cluster virginia-cluster" production; }

setup() {
  load support
  load failover_support
  in_own_folder
  start_application
}
teardown() { stop_application; }

three_applications() {
  sed -i 's/{name: ireland-cluster}\]/{name: ireland-cluster}, {name: virginia-cluster}]/' app.yaml
  fedctl apply -f app.yaml --contexts tokyo-cluster,ireland-cluster,virginia-cluster --create-namespaces --yes --accept-role-change >/dev/null
}
with_rejoin() {
  write_rejoin
  sed -i "s#{connection: {env: \([A-Z]*\)_DATABASE}#&, rejoin: {command: [$PWD/rejoin]}#" policy.yaml
}
port_of() {
  local name=${1}_port
  echo "${!name}"
}
receiver_of() { sql "$1" "SELECT status, received_tli, sender_port FROM pg_stat_wal_receiver"; }
# lead SIDE PORT TIMELINE: its standby receives from there.
lead() {
  local port
  port=$(port_of "$1")
  sql "$port" "ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=$2 user=postgres'" >/dev/null
  sql "$port" "ALTER SYSTEM SET primary_slot_name = ''" >/dev/null
  sql "$port" "SELECT pg_reload_conf()" >/dev/null
  within 10 "streaming|$3|$2" receiver_of "$port"
}
# start_copy: a base backup of tokyo, which takes writes of its own.
start_copy() {
  virginia_port=$((ireland_port + 1))
  as_postgres "$postgres_programs/pg_basebackup -h 127.0.0.1 -p $tokyo_port -U postgres -D $databases/virginia -X stream -c fast"
  as_postgres "sed -i 's/^port = .*/port = $virginia_port/' $databases/virginia/postgresql.conf"
  start_database virginia
}
# open_by_hand SIDE: as a person does who knows what closed it.
open_by_hand() {
  local statement
  for statement in "ALTER SYSTEM RESET session_preload_libraries" "ALTER SYSTEM RESET default_transaction_read_only" "SELECT pg_reload_conf()"; do
    sql_past_fence "$(port_of "$1")" "$statement" >/dev/null
  done
}
write_five() { for _ in 1 2 3 4 5; do sql "$1" "INSERT INTO events DEFAULT VALUES" >/dev/null; done; }
count_in() { sql "$1" "SELECT count(*) FROM events"; }
is_standby() { sql "$1" "SELECT pg_is_in_recovery()"; }

@test "beside a primary that people made and that cannot be asked nothing is promoted" {
  start_virginia "$tokyo_port"
  three_applications
  failover status >/dev/null
  stop_database tokyo fast
  sql "$ireland_port" "SELECT pg_promote()" >/dev/null
  write_rejoin
  ./rejoin tokyo
  lead virginia "$ireland_port" 2
  export IRELAND_DATABASE=postgres://postgres@127.0.0.1:1/postgres
  run failover status
  says "warning: the database of virginia-cluster is on timeline 2, and that of tokyo-cluster on 1, so it is no standby of it"
  run failover run --yes
  exits 4
  says "may be a primary that nobody fences"
  [ "$(is_standby "$virginia_port")" = t ]
  stop_database tokyo fast
  run failover run --yes
  exits 4
  [ "$(is_standby "$virginia_port")" = t ]
}

@test "a standby that was promoted for a moment is not taken for the one that has most" {
  start_virginia "$tokyo_port"
  three_applications
  sed -i "s/^  rto:/  fencing: {exec: {command: ['true']}}\n  rto:/" policy.yaml
  sql "$ireland_port" "SELECT pg_promote()" >/dev/null
  sql "$ireland_port" "CREATE TABLE tried AS SELECT generate_series(1, 20000) AS i" >/dev/null
  stop_database ireland fast
  as_postgres "touch $databases/ireland/standby.signal"
  start_database ireland
  start_writer "$tokyo_port"
  sleep 1
  failover status >/dev/null
  end_writer
  stop_database tokyo immediate
  run failover run --yes
  says "tokyo-cluster -> virginia-cluster"
  [ "$(is_standby "$virginia_port")" = f ]
  [ "$(is_standby "$ireland_port")" = t ]
  [ "$(lost_in "$virginia_port")" = 0 ]
}

@test "a standby of a copy is refused: its positions are not the primary's, on the same timeline neither" {
  start_copy
  lead ireland "$virginia_port" 1
  sql "$virginia_port" "CREATE TABLE tried AS SELECT generate_series(1, 20000) AS i" >/dev/null
  write_five "$tokyo_port"
  for command in run switchover; do
    run failover "$command" --yes
    exits 4
    says "the database of ireland-cluster streams, but from another server than that of tokyo-cluster"
  done
  sql "$virginia_port" "SELECT pg_promote()" >/dev/null || true
  [ "$(is_standby "$ireland_port")" = t ]
  [ "$(count_in "$tokyo_port")" = 5 ]
}

@test "what is gone on with fences anew what a person opened since" {
  printf '#!/bin/sh\ntouch %s/reached; sleep 30\n' "$PWD" >hook
  chmod +x hook
  echo "  hooks: [{name: wait, before: promote, command: [$PWD/hook], timeout: 60s}]" >>policy.yaml
  "$FEDCTL" failover run policy.yaml -f app.yaml --yes >run.log 2>&1 3>&- 4>&- &
  local run=$!
  within 20 reached ls reached
  kill -9 "$run"
  open_by_hand tokyo
  write_five "$tokyo_port"
  printf '#!/bin/sh\ntrue\n' >hook
  resumed() {
    run failover run --resume --yes
    echo "$status"
  }
  within 60 0 resumed
  not sql "$tokyo_port" "INSERT INTO events DEFAULT VALUES"
  [ "$(count_in "$ireland_port")" = 5 ]
}

@test "repair throws away nothing that a database has got since a run left it" {
  with_rejoin
  failover run --yes >/dev/null
  open_by_hand tokyo
  write_five "$tokyo_port"
  run failover repair --yes
  exits 4
  says "bytes of log that ireland-cluster never got, and rejoining throws them away"
  [ "$(count_in "$tokyo_port")" = 5 ]
  run failover repair --yes --accept-data-loss unknown
  exits 0
  [ "$(is_standby "$tokyo_port")" = t ]
  sql "$tokyo_port" "SELECT pg_promote()" >/dev/null
  write_five "$tokyo_port"
  run failover status
  says "warning: the database of tokyo-cluster takes writes, and ireland-cluster is the active side"
  run failover repair --yes
  exits 4
  says "was promoted since a run left it, so what only it has is not known"
  [ "$(count_in "$tokyo_port")" = 5 ]
}

@test "repair does not rebuild a database that is no copy of the active one, and repairs the others" {
  with_rejoin
  failover run --yes >/dev/null
  stop_database tokyo fast
  as_postgres "mv $databases/tokyo $databases/old; $postgres_programs/initdb -D $databases/tokyo -A trust -U postgres; cp $databases/old/postgresql.conf $databases/old/pg_hba.conf $databases/tokyo/" >/dev/null
  start_database tokyo
  sql "$tokyo_port" "CREATE TABLE events (id serial); INSERT INTO events VALUES (1), (2), (3)" >/dev/null
  run failover repair --yes -o json
  exits 4
  says "is no copy of that of ireland-cluster"
  [ "$(count_in "$tokyo_port")" = 3 ]
}

@test "what a run owes is not done for a side that is not active any more" {
  with_rejoin
  stop_dns "$BATS_TEST_TMPDIR/dns"
  run failover run --yes
  exits 3
  says "owed: dns"
  stop_database ireland fast
  open_by_hand tokyo
  ./rejoin ireland
  sed -i 's/"active": *"ireland-cluster"/"active": "tokyo-cluster"/' "$XDG_STATE_HOME"/fedctl/failover/*
  start "$BATS_TEST_TMPDIR/dns/knot.pid" "$BATS_TEST_TMPDIR/dns/knot.log" knotd -c "$BATS_TEST_TMPDIR/dns/knot.conf"
  within 10 tokyo-lb.example.com. answer
  run failover repair --yes
  exits 0
  [ "$(answer)" = tokyo-lb.example.com. ]
}
