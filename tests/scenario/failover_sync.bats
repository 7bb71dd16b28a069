#!/usr/bin/env bats
# Synchronous replication: no promotion hangs, and where the policy promises it, nothing that was acknowledged is lost.

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
teardown() { stop_receiving; stop_application; }

names_in() { sql $1 "SHOW synchronous_standby_names"; }
# wait_for_standbys PORT NAMES: commits there wait for these from now on, as a person would set it.
wait_for_standbys() {
  sql $1 "ALTER SYSTEM SET synchronous_standby_names = '$2'" >/dev/null
  sql $1 "SELECT pg_reload_conf()" >/dev/null
  within 10 "$2" names_in $1
}
# inserts PORT: a commit there does not hang.
inserts() { timeout 10 psql -X -h 127.0.0.1 -p "$1" -U postgres -d postgres -Atc "INSERT INTO events DEFAULT VALUES" >/dev/null; }
with_rejoin() {
  write_rejoin
  sed -i "s#tokyo-cluster: {connection: {env: TOKYO_DATABASE}}#tokyo-cluster: {connection: {env: TOKYO_DATABASE}, rejoin: {command: [$PWD/rejoin]}}#" policy.yaml
}
# replicating WHAT: the policy's `replication`.
replicating() { sed -i "s/maxLagBytes: 1Mi/&\n      replication: $1/" policy.yaml; }
# in_three_clusters: virginia has a database and the application, too.
in_three_clusters() {
  start_virginia $tokyo_port
  sed -i 's/{name: ireland-cluster}\]/{name: ireland-cluster}, {name: virginia-cluster}]/' app.yaml
  fedctl apply -f app.yaml --contexts tokyo-cluster,ireland-cluster,virginia-cluster --create-namespaces --yes --accept-role-change >/dev/null
}
synchronous_in_tokyo() { sql $tokyo_port "SELECT string_agg(application_name, ',' ORDER BY application_name) FROM pg_stat_replication WHERE sync_state = 'quorum'"; }
port_of() { case $1 in tokyo-cluster) echo $tokyo_port ;; ireland-cluster) echo $ireland_port ;; virginia-cluster) echo $virginia_port ;; esac; }
# kill_postmaster SIDE: without a word to anybody.
kill_postmaster() {
  kill -9 "$(head -1 "$databases/$1/postmaster.pid")"
  sleep 0.5
  rm -f "$databases/$1/postmaster.pid"
}

@test "a switchover to a side that would wait for standbys which are not there does not hang, and waits for them when they are" {
  wait_for_standbys $tokyo_port '*'
  wait_for_standbys $ireland_port '*'
  run failover plan
  exits 0
  says "its synchronous_standby_names becomes '' before, so that no commit hangs; commits wait for * once enough of these stream from it"
  SECONDS=0
  run failover switchover --yes
  exits 0
  [ $SECONDS -lt 30 ]
  [ "$(names_in $ireland_port)" = "" ]
  inserts $ireland_port
  [ "$(failover status -o json | jq -r .synchronous.owed)" = "*" ]
  run failover status
  says "commits on ireland-cluster wait for no standby; they are to wait for * once enough of these stream"
  with_rejoin
  run failover repair --yes
  exits 0
  says "commits on ireland-cluster wait for *"
  [ "$(names_in $ireland_port)" = "*" ]
  inserts $ireland_port
  [ "$(failover status -o json | jq -r '.synchronous | .owed + .seen')" = "*" ]
}

@test "what only the old primary had goes along, at once where a standby that is left answers to it" {
  start_virginia $tokyo_port
  wait_for_standbys $tokyo_port 'ANY 1 (walreceiver)'
  failover status >/dev/null
  run failover switchover --to ireland-cluster --yes
  exits 0
  says "commits on ireland-cluster wait for ANY 1 (walreceiver)"
  [ "$(names_in $ireland_port)" = "ANY 1 (walreceiver)" ]
  inserts $ireland_port
}

@test "a policy that is async makes the new primary wait for nobody" {
  wait_for_standbys $ireland_port '*'
  replicating async
  with_rejoin
  run failover switchover --yes
  exits 0
  [ "$(names_in $ireland_port)" = "" ]
  [ "$(failover status -o json | jq -r .synchronous.owed)" = "" ]
}

@test "with a quorum nothing that was acknowledged is lost when the primary is killed under load, however old the last look is" {
  in_three_clusters
  replicating 'sync\n      maxLookAge: 1s'
  sed -i "s/^  rto:/  fencing: {exec: {command: ['true']}}\n  rto:/" policy.yaml
  run failover plan
  exits 0
  says 'commits on tokyo-cluster are not proven to wait for ANY 1 ("ireland-cluster", "virginia-cluster"): run'
  says "the standby of virginia-cluster gives none as its application_name"
  run failover prepare --dry-run -o json
  exits 0
  [ "$(jq -c '[.dryRun, .database.cluster, (.database.changes | length)]' <<<"$output")" = '[true,"tokyo-cluster",1]' ]
  run failover prepare --dry-run
  exits 0
  says 'database of tokyo-cluster: commits wait for ANY 1 ("ireland-cluster", "virginia-cluster") (dry run)'
  [ "$(names_in $tokyo_port)" = "" ]
  run failover prepare
  exits 0
  says 'commits wait for ANY 1 ("ireland-cluster", "virginia-cluster"), proven'
  [ "$(names_in $tokyo_port)" = 'ANY 1 ("ireland-cluster", "virginia-cluster")' ]
  within 10 ireland-cluster,virginia-cluster synchronous_in_tokyo
  run failover prepare
  says "database of tokyo-cluster: nothing to lay, all is there"
  run failover status
  says 'commits on tokyo-cluster wait for ANY 1 ("ireland-cluster", "virginia-cluster"), proven'
  run failover plan
  says_not "not proven"
  sleep 2
  start_writer $tokyo_port
  sleep 2
  kill_postmaster tokyo
  end_writer
  run failover plan
  exits 0
  says "0 bytes (1 of 2 standbys had each commit on disk before tokyo-cluster acknowledged it, 2 were read, and none has more)"
  run failover run --yes
  exits 0
  says "0 bytes lost"
  says_not "at least"
  active=$(failover status -o json | jq -r .active)
  [ "$active" != tokyo-cluster ]
  [ "$(lost_in $(port_of $active))" = 0 ]
  # The standby that is left is waited for again.
  [ "$(failover status -o json | jq -r '.run.steps[] | select(.name == "synchronous").state')" = done ]
  [ "$(failover status -o json | jq -r '.synchronous | .cluster + " " + (.proven | length > 0 | tostring)')" = "$active true" ]
  inserts $(port_of $active)
}

# receive_as NAME COUNT: somebody who is no standby confirms commits of tokyo by this name, until stop_receiving. Then so many do.
receive_as() {
  as_postgres "mkdir $databases/received"
  as_postgres "exec $postgres_programs/pg_receivewal -D $databases/received --synchronous -d 'host=127.0.0.1 port=$tokyo_port user=postgres application_name=$1'" >receiver.log 2>&1 3>&- 4>&- &
  within 10 $2 sql $tokyo_port "SELECT count(*) FROM pg_stat_replication WHERE application_name = '$1' AND state = 'streaming'"
}
stop_receiving() { pkill -f "$databases/received" || true; }

@test "a receiver that calls itself like a standby is no proof that the standby has anything" {
  in_three_clusters
  replicating sync
  failover prepare >/dev/null
  sql $tokyo_port "ALTER SYSTEM RESET synchronous_standby_names" >/dev/null
  sql $tokyo_port "SELECT pg_reload_conf()" >/dev/null
  receive_as ireland-cluster 2
  run failover prepare
  exits 1
  says "several receivers call themselves ireland-cluster, so a commit may wait for the wrong one"
  [ "$(names_in $tokyo_port)" = "" ]
  sql $ireland_port "ALTER SYSTEM SET primary_conninfo = ''" >/dev/null
  sql $ireland_port "SELECT pg_reload_conf()" >/dev/null
  within 10 "" sql $ireland_port "SELECT status FROM pg_stat_wal_receiver"
  run failover prepare
  exits 1
  says "a receiver of tokyo-cluster calls itself ireland-cluster, and commits wait for it as for the database of ireland-cluster"
  says "that has received less, so it is another one"
  [ "$(names_in $tokyo_port)" = "" ]
  run failover status
  says_not ", proven"
  stop_receiving
  run failover prepare
  exits 0
  says 'commits wait for ANY 1 ("ireland-cluster", "virginia-cluster"), proven'
}

@test "a receiver with the name of a standby that receives from another one is no proof either" {
  in_three_clusters
  replicating sync
  sql $virginia_port "ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=$ireland_port user=postgres application_name=virginia-cluster'" >/dev/null
  sql $virginia_port "ALTER SYSTEM SET primary_slot_name = ''" >/dev/null
  sql $virginia_port "SELECT pg_reload_conf()" >/dev/null
  within 10 1 sql $ireland_port "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
  receive_as virginia-cluster 1
  run failover prepare
  exits 1
  says "a receiver of tokyo-cluster calls itself virginia-cluster, and commits wait for it as for the database of virginia-cluster; that receives from 127.0.0.1:$ireland_port, so it is another one"
}

@test "a failover is refused when the quorum cannot be read, until it can, or somebody accepts what is not known" {
  in_three_clusters
  replicating sync
  sed -i "s/^  rto:/  fencing: {exec: {command: ['true']}}\n  rto:/" policy.yaml
  failover prepare >/dev/null
  within 10 ireland-cluster,virginia-cluster synchronous_in_tokyo
  stop_database virginia fast
  inserts $tokyo_port
  kill_postmaster tokyo
  run failover run --yes
  exits 4
  says "the quorum cannot be read: 1 of the 2 standbys must have confirmed a commit, and 1 could be read (not virginia-cluster): 1 + 1 is not more than 2"
  says "--accept-data-loss unknown"
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = t ]
  run failover plan --accept-data-loss unknown
  exits 0
  start_database virginia
  within 10 t sql $virginia_port "SELECT pg_last_wal_receive_lsn() IS NOT NULL"
  run failover run --yes
  exits 0
  [ "$(failover status -o json | jq -r .active)" != tokyo-cluster ]
}

@test "with two clusters a synchronous policy is owed after a switchover, and in force again when the old side follows" {
  replicating '{mode: sync, quorum: 1}'
  failover prepare >/dev/null
  [ "$(names_in $tokyo_port)" = 'ANY 1 ("ireland-cluster")' ]
  run failover switchover --yes
  exits 3
  says "owed: synchronous"
  inserts $ireland_port
  run failover status
  says 'commits on ireland-cluster wait for no standby; they are to wait for ANY 1 ("tokyo-cluster") once enough of these stream'
  with_rejoin
  run failover repair --yes
  exits 0
  [ "$(names_in $ireland_port)" = 'ANY 1 ("tokyo-cluster")' ]
  # The program writes a primary_conninfo of its own.
  [[ $(sql $tokyo_port "SHOW primary_conninfo") == *tokyo-cluster* ]]
  [ "$(failover status -o json | jq -r .synchronous.proven)" = 'ANY 1 ("tokyo-cluster")' ]
  run failover status
  says_not "owed"
  inserts $ireland_port
}

@test "a role that may not change for whom commits wait is told before, and nothing is promoted" {
  wait_for_standbys $ireland_port '*'
  fedctl failover role --print-sql | grep -v synchronous_standby_names | psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p $tokyo_port -U postgres -d postgres
  within 10 1 sql $ireland_port "SELECT count(*) FROM pg_roles WHERE rolname = 'fedctl'"
  TOKYO_DATABASE=postgres://fedctl@127.0.0.1:$tokyo_port/postgres IRELAND_DATABASE=postgres://fedctl@127.0.0.1:$ireland_port/postgres run failover switchover --yes
  exits 4
  says "commits on ireland-cluster would hang once it is the primary: they wait for '*', nobody answers to that, and our role lacks ALTER SYSTEM on synchronous_standby_names"
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = t ]
}

@test "bad input: a way of replicating that there is not, more standbys than there are, and numbers that belong to another one" {
  cp policy.yaml good.yaml
  for replication in "synk|did you mean 'sync'?" '{mode: sync, quorum: 2}|2 cannot confirm a commit: there is one cluster besides the active one' \
    '{mode: async, quorum: 1}|a quorum needs the mode sync or syncWhileClose' '{quorum: 1}|.mode. is missing' 'syncWhileClose|needs guards'; do
    cp good.yaml policy.yaml
    replicating "${replication%%|*}"
    run failover plan
    exits 1
    one_error
    grep -q "policy.yaml:[0-9:]* .*${replication#*|}" <<<"$output" || { echo "$output" >&2; return 1; }
  done
}
