#!/usr/bin/env bats
# Three databases: whoever is not promoted receives from the one that is.

setup_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster virginia-cluster >/dev/null; }
teardown_file() {
  load support
  "$testbed/up" tokyo-cluster ireland-cluster >/dev/null
  forget_in "tokyo-cluster ireland-cluster virginia-cluster" production
  "$testbed/down" virginia-cluster >/dev/null
}

setup() {
  load support
  load failover_support
  in_own_folder
  start_application
}
teardown() { stop_application; }

received_by_virginia() { sql $virginia_port "SELECT status, received_tli, sender_port FROM pg_stat_wal_receiver"; }
conninfo_of_virginia() { sql $virginia_port "SHOW primary_conninfo"; }
# shows PATTERN: a line of the output matches it.
shows() { grep -q -- "$1" <<<"$output" || { printf 'expected: %s\nseen:\n%s\n' "$1" "$output" >&2; return 1; }; }
# know_tokyo_as_localhost: the policy says so from now on, and standbys are waited for as long as usual.
know_tokyo_as_localhost() {
  sed -i "s/tokyo-cluster: {connection: {env: TOKYO_DATABASE}}/tokyo-cluster: {connection: {env: TOKYO_DATABASE}, address: {host: localhost, port: $tokyo_port}}/; /catchUpTimeout/d" policy.yaml
}
# has_row PORT ID: waits until the row is there.
has_row() { for _ in $(seq 50); do [ "$(sql $1 "SELECT count(*) FROM events WHERE id = $2")" = 1 ] && return; sleep 0.1; done; return 1; }

@test "the other standby receives from the new primary, on a slot of its own, and can be failed over to" {
  start_virginia $tokyo_port
  sed -i 's/{name: ireland-cluster}\]/{name: ireland-cluster}, {name: virginia-cluster}]/' app.yaml
  fedctl apply -f app.yaml --contexts tokyo-cluster,ireland-cluster,virginia-cluster --create-namespaces --yes --accept-role-change >/dev/null
  run failover plan
  exits 0
  says "WHAT BECOMES OF IT"
  shows "tokyo-cluster *is fenced; it has to be made a standby by hand"
  shows "ireland-cluster *becomes the primary"
  shows "virginia-cluster *receives from ireland-cluster (its primary_conninfo is set)"
  run failover plan -o json
  [ "$(jq -r '.databases | map(.cluster) | join(",")' <<<"$output")" = tokyo-cluster,ireland-cluster,virginia-cluster ]
  run failover run --yes
  exits 0
  shows "follow *done .*virginia-cluster=primary_conninfo"
  [ "$(received_by_virginia)" = "streaming|2|$ireland_port" ]
  [ "$(sql $ireland_port "SELECT slot_name, active FROM pg_replication_slots")" = "virginia|t" ]
  id=$(sql $ireland_port "INSERT INTO events DEFAULT VALUES RETURNING id" | head -1)
  has_row $virginia_port "$id"
  run failover run --to virginia-cluster --yes
  exits 3
  says "the database of tokyo-cluster does not follow virginia-cluster: its database is a primary of its own"
  [ "$(sql $virginia_port "SELECT count(*) FROM events WHERE id = $id")" = 1 ]
  [ "$(answer)" = virginia-lb.example.com. ]
}

@test "of a standby that may receive from several servers the new primary becomes the first, and the others stay" {
  start_virginia $tokyo_port
  sql $virginia_port "ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1,127.0.0.1 port=$tokyo_port,$ireland_port user=postgres'" >/dev/null
  sql $virginia_port "SELECT pg_reload_conf()" >/dev/null
  within 10 "streaming|1|$tokyo_port" received_by_virginia
  run failover plan
  exits 0
  shows "virginia-cluster *receives from ireland-cluster (its primary_conninfo is set)"
  run failover run --yes
  exits 0
  shows "follow *done .*virginia-cluster=primary_conninfo"
  [ "$(received_by_virginia)" = "streaming|2|$ireland_port" ]
  grep -q "port='$ireland_port,$tokyo_port'" <<<"$(conninfo_of_virginia)"
}

@test "what a standby that is not chosen has received is told as lost" {
  start_virginia $tokyo_port
  sed -i "s/^  rto:/  fencing: {exec: {command: ['true']}}\n  rto:/" policy.yaml
  sql $ireland_port "ALTER SYSTEM SET primary_conninfo = ''" >/dev/null
  sql $ireland_port "SELECT pg_reload_conf()" >/dev/null
  within 10 "" sql $ireland_port "SELECT status FROM pg_stat_wal_receiver"
  failover status >/dev/null
  id=$(sql $tokyo_port "INSERT INTO events DEFAULT VALUES RETURNING id" | head -1)
  has_row $virginia_port "$id"
  stop_database tokyo immediate
  run failover plan --to ireland-cluster
  says "the database of virginia-cluster has received more"
  run failover run --to ireland-cluster --yes --accept-data-loss 1000000
  exits 3
  lost=$(failover status -o json | jq .run.outcome.lostBytes)
  [ "$lost" -gt 0 ]
  [ "$lost" -ge "$(failover status -o json | jq -r '.run.steps[] | select(.name == "follow").evidence.error' | grep -o '[0-9]* bytes of log' | cut -d' ' -f1)" ]
}

@test "it follows when the old primary is dead" {
  start_virginia $tokyo_port
  sed -i 's/^  rto:/  fencing: {proceedUnfencedAfter: 1s}\n  rto:/' policy.yaml
  failover status >/dev/null
  kill_tokyo
  run failover run --yes
  exits 0
  [ "$(received_by_virginia)" = "streaming|2|$ireland_port" ]
}

@test "a switchover makes the old primary and the other standby follow" {
  start_virginia $tokyo_port
  write_rejoin
  sed -i "s#tokyo-cluster: {connection: {env: TOKYO_DATABASE}}#tokyo-cluster: {connection: {env: TOKYO_DATABASE}, rejoin: {command: [$PWD/rejoin]}}#" policy.yaml
  run failover switchover --yes
  exits 0
  [ "$(received_by_virginia)" = "streaming|2|$ireland_port" ]
  [ "$(sql $tokyo_port "SELECT status, received_tli, sender_port FROM pg_stat_wal_receiver")" = "streaming|2|$ireland_port" ]
}

@test "a standby that receives from the one that is promoted is left as it is" {
  start_virginia $ireland_port
  before=$(conninfo_of_virginia)
  run failover plan
  shows "virginia-cluster *receives from ireland-cluster already"
  run failover run --yes
  exits 0
  says "virginia-cluster=by-itself"
  [ "$(conninfo_of_virginia)" = "$before" ]
  [ "$(received_by_virginia)" = "streaming|2|$ireland_port" ]
}

@test "a standby that receives from nobody we know is not touched, and owed until the policy says who that is" {
  start_virginia $tokyo_port localhost
  sed -i 's/maxLagBytes: 1Mi/&\n      catchUpTimeout: 2s/' policy.yaml
  before=$(conninfo_of_virginia)
  hold_background_writer tokyo
  run failover plan
  says "warning: the database of virginia-cluster may not follow ireland-cluster: its database receives from localhost:$tokyo_port, which is none of the policy's"
  run failover run --yes
  exits 3
  shows "follow *owed .*the database of virginia-cluster does not follow ireland-cluster: it receives timeline 1, and the primary is on 2"
  says "owed: follow"
  [ "$(conninfo_of_virginia)" = "$before" ]
  know_tokyo_as_localhost
  run failover repair --yes
  exits 4
  says "virginia-cluster does not follow ireland-cluster: it streams from a primary that was left"
  says "its primary_conninfo is set to ireland-cluster"
  [ "$(received_by_virginia)" = "streaming|2|$ireland_port" ]
  run failover status -o json
  [ "$(jq -r '.run.steps[] | select(.name == "follow").state' <<<"$output")" = done ]
}

@test "a standby that is down is owed, and repair makes it follow when it is back" {
  start_virginia $tokyo_port
  stop_database virginia fast
  run failover run --yes
  exits 3
  says "the database of virginia-cluster does not follow ireland-cluster: its database cannot be asked"
  [ "$(answer)" = ireland-lb.example.com. ]
  # Else it might receive what the background writer of the old primary adds to its log after the fence, which ireland never got.
  stop_database tokyo immediate
  start_database virginia
  run failover repair --yes
  exits 4
  [ "$(received_by_virginia)" = "streaming|2|$ireland_port" ]
  run failover status
  says_not "owed"
}

@test "standbys are led to the new primary as soon as it is one, before anything else is waited for" {
  start_virginia $tokyo_port
  printf '#!/bin/sh\npsql -X -h 127.0.0.1 -p %s -U postgres -d postgres -Atc "SHOW primary_conninfo" >%s\n' "$virginia_port" "$PWD/led" >look
  chmod +x look
  echo "  hooks: [{name: look, after: promote, command: [$PWD/look]}]" >>policy.yaml
  run failover run --yes
  exits 0
  [[ $(<led) == *"$ireland_port"* ]]
  [ "$(failover status -o json | jq -c '.run.steps[] | select(.name == "promote").evidence.led')" = '["virginia-cluster"]' ]
}

# follow_to_ireland: a run to ireland is over, virginia has a row from there, and tokyo is gone.
follow_to_ireland() {
  start_virginia $tokyo_port
  sed -i 's/{name: ireland-cluster}\]/{name: ireland-cluster}, {name: virginia-cluster}]/' app.yaml
  fedctl apply -f app.yaml --contexts tokyo-cluster,ireland-cluster,virginia-cluster --create-namespaces --yes --accept-role-change >/dev/null
  sed -i "s/^  rto:/  fencing: {exec: {command: ['true']}}\n  rto:/" policy.yaml
  failover run --to ireland-cluster --yes >/dev/null
  stop_database tokyo
  id=$(sql $ireland_port "INSERT INTO events DEFAULT VALUES RETURNING id" | head -1)
  has_row $virginia_port "$id"
  failover status >/dev/null
}

@test "a standby that followed just now can be failed over to at once, with what only it has" {
  follow_to_ireland
  stop_database ireland
  run failover plan
  exits 0
  says_not "timeline 1"
  run failover run --yes
  exits 3
  says "owed: follow"
  [ "$(sql $virginia_port "SELECT pg_is_in_recovery()")" = f ]
  [ "$(sql $virginia_port "SELECT count(*) FROM events WHERE id = $id")" = 1 ]
}

@test "a standby whose stream broke soon after it followed is led again, and not taken for one that parted" {
  follow_to_ireland
  sql $virginia_port "ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=$tokyo_port user=postgres'" >/dev/null
  sql $virginia_port "SELECT pg_reload_conf()" >/dev/null
  for _ in $(seq 100); do [ -z "$(received_by_virginia)" ] && break; sleep 0.1; done
  run failover repair --yes
  exits 4
  says_not "virginia-cluster never got"
  says "its primary_conninfo is set to ireland-cluster"
  [ "$(received_by_virginia)" = "streaming|2|$ireland_port" ]
}

@test "what only a side has that was left two runs ago is not thrown away unasked" {
  follow_to_ireland
  write_rejoin
  sed -i "s#tokyo-cluster: {connection: {env: TOKYO_DATABASE}}#tokyo-cluster: {connection: {env: TOKYO_DATABASE}, rejoin: {command: [$PWD/rejoin]}}#" policy.yaml
  sed -i "s/exec: {command: \['true'\]}/proceedUnfencedAfter: 1s/" policy.yaml
  # It was never off, in truth.
  as_postgres "sed -i '/fenced_by_fedctl/d; /default_transaction_read_only/d' $databases/tokyo/postgresql.auto.conf"
  start_database tokyo
  sql $tokyo_port "INSERT INTO events DEFAULT VALUES" >/dev/null
  failover run --to virginia-cluster --yes >/dev/null || true
  [ "$(failover status -o json | jq -r .active)" = virginia-cluster ]
  run failover repair --yes
  says "tokyo-cluster"
  shows "its log has [0-9]* bytes that virginia-cluster never got\|bytes of log that virginia-cluster never got"
}

# part_virginia: virginia receives what a server that was left adds to its log after the promotion, as its own processes do.
part_virginia() {
  start_virginia $tokyo_port localhost
  write_rejoin
  hold_background_writer tokyo
  sed -i 's/maxLagBytes: 1Mi/&\n      catchUpTimeout: 2s/' policy.yaml
  run failover run --yes
  exits 3
  before=$(sql $virginia_port "SELECT pg_last_wal_receive_lsn()")
  sql_past_fence $tokyo_port "BEGIN READ WRITE; SELECT pg_logical_emit_message(true, 'server', 'of its own'); COMMIT" >/dev/null
  for _ in $(seq 50); do [ "$(sql $virginia_port "SELECT pg_last_wal_receive_lsn() > '$before'")" = t ] && break; sleep 0.1; done
  hold_background_writer tokyo CONT
  know_tokyo_as_localhost
}

@test "a standby that received what the new primary never got is rebuilt by its program, and what is owed is done" {
  part_virginia
  sed -i "s#{connection: {env: \([A-Z]*\)_DATABASE}#&, rejoin: {command: [$PWD/rejoin]}#" policy.yaml
  run failover repair --yes
  exits 0
  shows "virginia-cluster does not follow ireland-cluster: it streams from a primary that was left"
  shows "its log has [0-9]* bytes that ireland-cluster never got"
  [ "$(received_by_virginia)" = "streaming|2|$ireland_port" ]
  run failover status -o json
  [ "$(jq -r '.run.steps[] | select(.name == "follow").state' <<<"$output")" = done ]
}

@test "without a program such a standby is left to a person, and is not told to follow in vain" {
  part_virginia
  before=$(conninfo_of_virginia)
  run failover repair --yes
  exits 4
  [ "$(grep -c "its log has [0-9]* bytes that ireland-cluster never got" <<<"$output")" = 2 ]
  says_not "rejoin failed"
  [ "$(conninfo_of_virginia)" = "$before" ]
}

# move_to_ireland: people make ireland the primary, and tokyo and virginia its standbys.
move_to_ireland() {
  start_virginia $tokyo_port
  failover status >/dev/null
  stop_database tokyo fast
  sql $ireland_port "SELECT pg_promote()" >/dev/null
  write_rejoin
  ./rejoin tokyo
  sql $virginia_port "ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=$ireland_port user=postgres'" >/dev/null
  sql $virginia_port "ALTER SYSTEM SET primary_slot_name = ''" >/dev/null
  sql $virginia_port "SELECT pg_reload_conf()" >/dev/null
  within 10 "streaming|2|$ireland_port" received_by_virginia
}

@test "where people moved the primary before the first run it is the active side, and nothing is promoted beside it" {
  move_to_ireland
  run failover status
  says "production/active-standby-app: ireland-cluster is active"
  run failover switchover --to tokyo-cluster --yes
  says "switchover of production/active-standby-app done: ireland-cluster -> tokyo-cluster"
  [ "$(sql $tokyo_port 'SELECT pg_is_in_recovery()')" = f ]
  run sql $ireland_port "INSERT INTO events DEFAULT VALUES"
  says "fenced_by_fedctl"
}

@test "where people moved the primary after a run, nothing is promoted beside it, and repair does not throw away what only it has" {
  move_to_ireland
  # As after a run that made tokyo the active side.
  sed -i 's/"active": *""/"active": "tokyo-cluster"/' "$XDG_STATE_HOME"/fedctl/failover/*
  run failover status
  says "production/active-standby-app: tokyo-cluster is active"
  run failover run --yes
  exits 4
  says "the database of ireland-cluster is a primary of the same data, and tokyo-cluster is said to be the active side"
  [ "$(sql $virginia_port 'SELECT pg_is_in_recovery()')" = t ]
  sql $ireland_port "INSERT INTO events DEFAULT VALUES" >/dev/null
  sed -i "s#{connection: {env: \([A-Z]*\)_DATABASE}#&, rejoin: {command: [$PWD/rejoin]}#" policy.yaml
  stop_database tokyo fast
  as_postgres "rm $databases/tokyo/standby.signal"
  start_database tokyo
  run failover repair --yes
  exits 4
  says "the database of ireland-cluster is a primary that no run left, so what only it has is not known, and rejoining throws it away"
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = f ]
}

@test "bad input: an address without a host" {
  sed -i "s/ireland-cluster: {connection: {env: IRELAND_DATABASE}}/ireland-cluster: {connection: {env: IRELAND_DATABASE}, address: {port: 5432}}/" policy.yaml
  run failover plan
  exits 1
  one_error
  shows "policy.yaml:[0-9:]* .*'host' is missing"
}
