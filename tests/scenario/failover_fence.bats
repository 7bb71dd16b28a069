#!/usr/bin/env bats
# What the old side's database may not do after a fence, whatever it and its programs are told: two PostgreSQL servers that stream.

setup_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; }
teardown_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; forget_in "tokyo-cluster ireland-cluster" production; }

setup() {
  load support
  load failover_support
  in_own_folder
  start_application
}
teardown() {
  rm -f writing
  kill -CONT $checkpointer 2>/dev/null || true
  stop_application
}

# write_hard STYLE: a program that does not care for defaults writes to tokyo; what was acknowledged is in `written`.
write_hard() {
  touch writing
  "$BATS_TEST_DIRNAME/hard_writer.py" writing "postgres://postgres@127.0.0.1:$tokyo_port/postgres" "$1" >written 3>&- 4>&- &
  writer=$!
  for _ in $(seq 100); do [ "$(wc -l <written)" -gt 50 ] && return; sleep 0.1; done
  return 1
}
proof_of() { jq "select(.steps) | .steps[] | select(.name == \"$1\") | .evidence.proof" <<<"$output"; }

@test "a program that says READ WRITE in every transaction, or in its connection, loses nothing by a switchover" {
  for style in read-write options; do
    write_hard $style
    run failover switchover --yes -o json
    exits 0
    sleep 1
    end_writer
    [ "$(lost_in $ireland_port)" = 0 ]
    [ "$(proof_of drain | jq -c '[.doorClosed, .stillFor, .sessionsEnded > 0]')" = '[true,"100ms",true]' ]
    run sql $tokyo_port 'BEGIN READ WRITE; INSERT INTO events DEFAULT VALUES; COMMIT'
    says "fenced_by_fedctl"
    stop_application
    rm -rf "$XDG_STATE_HOME"
    start_application
  done
}

@test "large objects, which read-only transactions may make, are not made after the fence" {
  write_hard large-object
  run failover run --yes
  exits 0
  sleep 0.5
  end_writer
  sql $ireland_port 'SELECT oid FROM pg_largeobject_metadata' | sort >there
  [ "$(comm -23 acknowledged there | wc -l)" = 0 ]
}

@test "prepared transactions refuse a switchover, and a failover warns of them and counts them" {
  sed -i 's/^max_prepared_transactions.*//' "$databases/tokyo/postgresql.conf"
  for side in tokyo ireland; do as_postgres "echo max_prepared_transactions = 5 >>$databases/$side/postgresql.conf"; done
  stop_database tokyo fast
  start_database tokyo
  stop_database ireland fast
  start_database ireland
  sql $tokyo_port "BEGIN; INSERT INTO events DEFAULT VALUES; PREPARE TRANSACTION 'one'"
  run failover switchover --yes
  exits 4
  says "the database of tokyo-cluster has 1 prepared transaction, which would be open on the new side as well"
  says "commit them or roll them back"
  run failover plan
  exits 0
  says "1 prepared transaction"
  run failover run --yes -o json
  exits 0
  [ "$(proof_of fence | jq .preparedTransactions)" = 1 ]
  run sql $tokyo_port "COMMIT PREPARED 'one'"
  says "fenced_by_fedctl"
}

@test "a role without the rights is refused before anything is changed, and with what 'failover role' prints it may do all" {
  sql $tokyo_port 'CREATE ROLE fedctl LOGIN' >/dev/null
  export TOKYO_DATABASE=postgres://fedctl@127.0.0.1:$tokyo_port/postgres IRELAND_DATABASE=postgres://fedctl@127.0.0.1:$ireland_port/postgres
  sql $tokyo_port 'GRANT SELECT ON events TO fedctl' >/dev/null
  for action in switchover run; do
    run failover $action --yes
    exits 4
    says "ireland-cluster cannot be promoted: our role lacks membership in pg_monitor"
    says "fedctl failover role --print-sql"
  done
  says_not "fence"
  run failover prepare
  exits 1
  says "our role lacks membership in pg_monitor"
  fedctl failover role --print-sql | psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p $tokyo_port -U postgres -d postgres
  for _ in $(seq 50); do run failover plan; [ $status = 0 ] && break; sleep 0.1; done
  exits 0
  sql $tokyo_port 'CREATE ROLE app LOGIN; GRANT ALL ON events TO app; GRANT ALL ON SEQUENCE events_id_seq TO app' >/dev/null
  touch writing
  "$BATS_TEST_DIRNAME/hard_writer.py" writing "postgres://app@127.0.0.1:$tokyo_port/postgres" read-write >written 3>&- 4>&- &
  writer=$!
  for _ in $(seq 100); do [ -s written ] && break; sleep 0.1; done
  run failover switchover --yes
  exits 0
  end_writer
  [ "$(lost_in $ireland_port)" = 0 ]
  [ "$(sql $ireland_port 'SHOW default_transaction_read_only')" = off ]
}

@test "a disk with minutes of dirty pages does not make a fence fail" {
  checkpointer=$(sql $tokyo_port "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
  kill -STOP $checkpointer
  run failover switchover --yes -o json
  exits 0
  [ "$(jq 'select(.steps) | .steps[] | select(.name == "drain") | .attempts' <<<"$output")" = 1 ]
}

@test "a fence that cannot be proven is undone, and says who could still write" {
  sql $tokyo_port "CREATE ROLE app LOGIN; ALTER ROLE app SET session_preload_libraries = 'plpgsql'"
  run failover switchover --yes
  exits 1
  says "session_preload_libraries is set for app in every database, so the door cannot be closed there; tokyo-cluster takes writes as before"
  [ "$(sql $tokyo_port 'INSERT INTO events DEFAULT VALUES; SHOW default_transaction_read_only')" = $'INSERT 0 1\noff' ]
  sql $tokyo_port "ALTER ROLE app RESET ALL"
  run failover run --resume --yes
  exits 0
}

@test "libraries that the server loads for every session come back when the fence is lifted" {
  sql $tokyo_port "ALTER SYSTEM SET session_preload_libraries = 'plpgsql'" >/dev/null
  sql $tokyo_port 'SELECT pg_reload_conf()' >/dev/null
  printf '  hooks: [{before: catch-up, command: ["false"]}]\n' >>policy.yaml
  run failover run --yes
  exits 1
  run sql_past_fence $tokyo_port "SELECT setting FROM pg_file_settings WHERE name = 'session_preload_libraries'"
  says "fenced_by_fedctl, plpgsql"
  run failover abort --yes
  exits 0
  [ "$(sql $tokyo_port 'SHOW session_preload_libraries')" = plpgsql ]
  [ "$(sql $tokyo_port 'INSERT INTO events DEFAULT VALUES')" = 'INSERT 0 1' ]
}
