#!/usr/bin/env bats
# A guard that loses its host goes on while every other database follows its own, and a failover ends that before it promotes one.

setup_file() {
  load support
  load failover_support
  load network_support
  start_federation
  start_network "$BATS_FILE_TMPDIR"
  export network
  sides_through_the_network "$BATS_FILE_TMPDIR"
  start_host
  federated_app >"$BATS_FILE_TMPDIR/all.yaml"
}
teardown_file() {
  load support
  load network_support
  leave_federation
  stop_network "$BATS_FILE_TMPDIR"
}

setup() {
  load support
  load failover_support
  load network_support
  in_own_folder
  cp "$BATS_FILE_TMPDIR"/kubeconfig* .
  export KUBECONFIG=$PWD/kubeconfig
  start_databases
  # The guard knows tokyo only; ireland is known by the name of its stream.
  TOKYO_DIRECT=$TOKYO_DATABASE
  TOKYO_DATABASE=postgres://postgres@127.0.0.1:$(way tokyo-database $tokyo_port)/postgres
  stream_through=$(way tokyo-to-ireland $tokyo_port)
  receive_as ireland-cluster
  fedctl apply -f "$BATS_FILE_TMPDIR/all.yaml" $host --yes --accept-role-change >/dev/null
  guarded_policy '{guard: {ttl: 5s}}'
}
teardown() {
  rm -f probing
  for guard in "${guards[@]}"; do kill $guard || true; done
  heal tokyo-api tokyo-database tokyo-to-host tokyo-to-ireland
  stop_databases
  api host-cluster "/apis/coordination.k8s.io/v1/namespaces/$system/leases/failover.production.active-standby-app.guard.tokyo-cluster" -X DELETE >/dev/null 2>&1 || true
  api host-cluster "/api/v1/namespaces/$system/configmaps/failover.production.active-standby-app" -X DELETE >/dev/null 2>&1 || true
}

# receive_as NAME: ireland's stream has this name from now on, and comes by a way that can be cut.
receive_as() {
  sql $ireland_port "ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=$stream_through user=postgres application_name=$1'" >/dev/null
  sql $ireland_port "SELECT pg_reload_conf()" >/dev/null
  for _ in $(seq 100); do [ "$(sql $tokyo_port "SELECT count(*) FROM pg_stat_replication WHERE application_name = '$1' AND state = 'streaming'")" = 1 ] && return; sleep 0.1; done
  return 1
}
guard() { TOKYO_DATABASE=$TOKYO_DIRECT IRELAND_DATABASE=unused KUBECONFIG=$PWD/kubeconfig-tokyo background bash -c "exec '$FEDCTL' failover guard policy.yaml $host --side tokyo-cluster >>tokyo.log 2>&1"; guards+=($helper); }
lease() { value host-cluster "/apis/coordination.k8s.io/v1/namespaces/$system/leases/failover.production.active-standby-app.guard.tokyo-cluster" "$1"; }
# guarded FAILSAFE: waits until the Lease says who must confirm.
guarded() { for _ in $(seq 150); do [ "$(lease '.metadata.annotations["fedctl.io/failsafe"] // "nobody"')" = "$1" ] && return; sleep 0.1; done; cat tokyo.log; return 1; }
said() { for _ in $(seq 200); do grep -q "$1" tokyo.log && return; sleep 0.1; done; cat tokyo.log; return 1; }
start_probe() {
  touch probing
  "$BATS_TEST_DIRNAME/write_to_both.py" probing "tokyo=$TOKYO_DIRECT" "ireland=$IRELAND_DATABASE" >written 3>&- 4>&- &
  probe=$!
  for _ in $(seq 100); do [ -s written ] && break; sleep 0.1; done
}
end_probe() { rm probing; wait $probe; }
# longest_gap: between two writes that were acknowledged, in milliseconds.
longest_gap() { sort -n written | awk 'NR > 1 && $2 - last > gap {gap = $2 - last} {last = $2} END {printf "%d", gap * 1000}'; }
one_writer() { [ "$(sort -n written | awk '{print $3}' | uniq | wc -l)" -le 2 ] || { sort -n written | awk '{print $3}' | uniq -c; return 1; }; }

@test "the host is lost, the standby follows, and writes go on with no pause over 2 s" {
  guard
  guarded ireland-cluster
  run fedctl failover status policy.yaml $host
  says "goes on without the host while ireland-cluster follow"
  start_probe
  cut_off tokyo-to-host
  said " failsafe "
  # Three times the ttl.
  sleep 15
  end_probe
  not grep -q freezing tokyo.log
  [ "$(longest_gap)" -le 2000 ]
  heal tokyo-to-host
  said "renewed again"
}

@test "the host and the standby are lost: the writes end" {
  guard
  guarded ireland-cluster
  cut_off tokyo-to-host
  said " failsafe "
  cut_off tokyo-to-ireland
  said " frozen "
  run sql $tokyo_port "INSERT INTO events DEFAULT VALUES"
  says "fenced_by_fedctl"
  heal tokyo-to-ireland
  # What is over is begun anew by a renewal only.
  sleep 6
  run sql $tokyo_port "INSERT INTO events DEFAULT VALUES"
  says "fenced_by_fedctl"
  heal tokyo-to-host
  said "takes writes again"
}

@test "what streams by another name, or only keeps the log, is no witness" {
  receive_as somebody
  guard
  guarded nobody
  as_postgres "mkdir $databases/kept; exec $postgres_programs/pg_receivewal -D $databases/kept -d 'host=127.0.0.1 port=$tokyo_port user=postgres application_name=ireland-cluster' --no-loop" >/dev/null 2>&1 3>&- 4>&- &
  guards+=($!)
  sleep 3
  guarded nobody
  cut_off tokyo-to-host
  said " frozen "
}

# copy_of_ireland: a standby that the policy does not know receives as ireland does, and gives itself the same name.
copy_of_ireland() {
  as_postgres "$postgres_programs/pg_basebackup -h 127.0.0.1 -p $tokyo_port -U postgres -D $databases/virginia -R -X stream -c fast"
  as_postgres "sed -i 's/^port = .*/port = $((ireland_port + 1))/' $databases/virginia/postgresql.conf
    printf \"primary_conninfo='host=127.0.0.1 port=$tokyo_port user=postgres application_name=ireland-cluster'\n\" >>$databases/virginia/postgresql.auto.conf"
  start_database virginia
}

@test "of two streams by a standby's name none is its, nor is the one that is left" {
  guard
  guarded ireland-cluster
  copy_of_ireland
  within 10 2 sql $tokyo_port "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'ireland-cluster'"
  guarded nobody
  refuse tokyo-to-ireland
  within 10 1 sql $tokyo_port "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'ireland-cluster'"
  sleep 3
  guarded nobody
  cut_off tokyo-to-host
  said " frozen "
  run sql $tokyo_port "INSERT INTO events DEFAULT VALUES"
  says "fenced_by_fedctl"
}

@test "a failover from a side that goes on pauses the standby, waits, and loses nothing" {
  guard
  guarded ireland-cluster
  fedctl failover status policy.yaml $host >/dev/null
  start_probe
  cut_off tokyo-to-host tokyo-api tokyo-database
  said " failsafe "
  run fedctl failover run policy.yaml $host --yes
  exits 0
  says "way=guard"
  for _ in $(seq 100); do grep -q ireland written && break; sleep 0.1; done
  end_probe
  one_writer
  grep -q frozen tokyo.log
  # Tokyo wrote until it stopped, and all of that is in ireland.
  acknowledged=$(wc -l <written)
  [ "$(sql $ireland_port 'SELECT count(*) FROM events')" -ge "$acknowledged" ]
}

@test "a failover that is undone lets the standby replay again" {
  guard
  guarded ireland-cluster
  fedctl failover status policy.yaml $host >/dev/null
  cut_off tokyo-to-host tokyo-api tokyo-database
  said " failsafe "
  background bash -c "exec '$FEDCTL' failover run policy.yaml $host --yes >run.log 2>&1"
  for _ in $(seq 100); do [ "$(sql $ireland_port 'SELECT pg_is_wal_replay_paused()')" = t ] && break; sleep 0.1; done
  [ "$(sql $ireland_port 'SELECT pg_is_wal_replay_paused()')" = t ]
  kill -9 $helper
  heal tokyo-to-host tokyo-api tokyo-database
  for _ in $(seq 400); do
    run fedctl failover abort policy.yaml $host --yes
    [ "$status" != 0 ] || break
    sleep 0.1
  done
  exits 0
  [ "$(sql $ireland_port 'SELECT pg_is_wal_replay_paused()')" = f ]
  # By the abort, or by the guard.
  for _ in $(seq 100); do sql $tokyo_port "INSERT INTO events DEFAULT VALUES" >/dev/null 2>&1 && break; sleep 0.1; done
  sql $tokyo_port "INSERT INTO events DEFAULT VALUES" >/dev/null
}
