#!/usr/bin/env bats
# A side that is cut off makes itself harmless: guards beside two streaming databases, a host, and a network that can be cut.

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
  databases_through_the_network
  fedctl apply -f "$BATS_FILE_TMPDIR/all.yaml" $host --yes --accept-role-change >/dev/null
  guarded_policy '{guard: {ttl: 5s}}'
  write_rejoin
}
teardown() {
  rm -f probing
  for guard in "${guards[@]}"; do kill $guard || true; done
  heal tokyo-api ireland-api tokyo-to-host ireland-to-host
  stop_databases
  for side in tokyo ireland; do
    api host-cluster "/apis/coordination.k8s.io/v1/namespaces/$system/leases/failover.production.active-standby-app.guard.$side-cluster" -X DELETE >/dev/null 2>&1 || true
  done
  api host-cluster "/api/v1/namespaces/$system/configmaps/failover.production.active-standby-app" -X DELETE >/dev/null 2>&1 || true
}

# The probe reaches the databases directly, as the guards do; everybody else by ways that can be cut.
databases_through_the_network() {
  TOKYO_DIRECT=$TOKYO_DATABASE IRELAND_DIRECT=$IRELAND_DATABASE
  TOKYO_DATABASE=postgres://postgres@127.0.0.1:$(way tokyo-database $tokyo_port)/postgres
  IRELAND_DATABASE=postgres://postgres@127.0.0.1:$(way ireland-database $ireland_port)/postgres
}

guard() { TOKYO_DATABASE=$TOKYO_DIRECT IRELAND_DATABASE=$IRELAND_DIRECT KUBECONFIG=$PWD/kubeconfig-$1 background bash -c "exec '$FEDCTL' failover guard policy.yaml $host --side $1-cluster >>$1.log 2>&1"; guards+=($helper); }
lease_of() { value host-cluster "/apis/coordination.k8s.io/v1/namespaces/$system/leases/failover.production.active-standby-app.guard.$1-cluster" "$2"; }
guarded() { for _ in $(seq 100); do [ "$(lease_of $1 .spec.holderIdentity)" != null ] && [ -n "$(lease_of $1 .spec.holderIdentity)" ] && return; sleep 0.1; done; cat $1.log; return 1; }
# said SIDE TEXT: waits until the guard has said it.
said() { for _ in $(seq 150); do grep -q "$2" $1.log && return; sleep 0.1; done; cat $1.log; return 1; }
streaming() { for _ in $(seq 100); do [ "$(sql $1 'SELECT count(*) FROM pg_stat_wal_receiver WHERE status = '"'streaming'")" = 1 ] && return; sleep 0.1; done; return 1; }

# one_writer: no write was accepted by one side between two of the other.
one_writer() { [ "$(sort -n written | awk '{print $3}' | uniq | wc -l)" -le "$1" ] || { sort -n written | awk '{print $3}' | uniq -c; return 1; }; }

@test "cut off but alive: never two writable primaries" {
  guard tokyo
  guard ireland
  guarded tokyo
  guarded ireland
  local round from=tokyo to=ireland swap
  for round in $(seq "${FEDCTL_ROUNDS:-2}"); do
    touch probing
    "$BATS_TEST_DIRNAME/write_to_both.py" probing "tokyo=$TOKYO_DIRECT" "ireland=$IRELAND_DIRECT" >written 3>&- 4>&- &
    probe=$!
    for _ in $(seq 100); do [ -s written ] && break; sleep 0.1; done
    fedctl failover status policy.yaml $host >/dev/null
    cut_off $from-api $from-database $from-to-host
    run fedctl failover run policy.yaml $host --yes
    exits 0
    says "way=guard"
    for _ in $(seq 100); do grep -q "$to" written && break; sleep 0.1; done
    heal $from-api $from-database $from-to-host
    said $from "fenced by the failover with token $round"
    rm probing
    wait $probe
    grep -q "$to" written
    one_writer 2
    ./rejoin $from
    if [ $from = tokyo ]; then streaming $tokyo_port; else streaming $ireland_port; fi
    swap=$from from=$to to=$swap
  done
}

@test "our own way that is cut is one signal, and moves nothing" {
  guard tokyo
  guarded tokyo
  background bash -c "exec '$FEDCTL' failover watch policy.yaml $host --interval 500ms --timeout 1s --failure-threshold 2 >>watch.log 2>&1"
  guards+=($helper)
  for _ in $(seq 100); do grep -q "tokyo-cluster is active" watch.log && break; sleep 0.1; done
  cut_off tokyo-api tokyo-database
  for _ in $(seq 200); do grep -q "silent over our way only" watch.log && break; sleep 0.1; done
  cat watch.log
  grep -q "silent over our way only: no standby, guard or vantage sees it down" watch.log
  # As long as a failover would take, with the guard's ttl.
  sleep 8
  not grep -q begun watch.log
  heal tokyo-api tokyo-database
  for _ in $(seq 100); do grep -q "tokyo-cluster is well again" watch.log && break; sleep 0.1; done
  grep -q "tokyo-cluster is well again" watch.log
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = t ]
}

@test "a watch that stands still is followed after a Lease of ten seconds, and decides nothing when it wakes" {
  background bash -c "exec '$FEDCTL' failover watch policy.yaml $host --interval 500ms >>first.log 2>&1"
  first=$helper
  guards+=($first)
  for _ in $(seq 100); do grep -q "tokyo-cluster is active" first.log && break; sleep 0.1; done
  grep -q "tokyo-cluster is active" first.log
  background bash -c "exec '$FEDCTL' failover watch policy.yaml $host --interval 500ms >>second.log 2>&1"
  guards+=($helper)
  for _ in $(seq 100); do grep -q "following" second.log && break; sleep 0.1; done
  grep -q "following" second.log
  [ "$(value host-cluster "/apis/coordination.k8s.io/v1/namespaces/$system/leases/failover.production.active-standby-app.watch" .spec.leaseDurationSeconds)" = 10 ]
  kill -STOP $first
  SECONDS=0
  for _ in $(seq 300); do grep -q "tokyo-cluster is active" second.log && break; sleep 0.1; done
  grep -q "tokyo-cluster is active" second.log
  [ $SECONDS -le 14 ]
  kill -CONT $first
  for _ in $(seq 100); do grep -q "following" first.log && break; sleep 0.1; done
  grep -q "following" first.log
  kill -0 $first
}

@test "watch fails over from a side that is cut off, and waits for its guard" {
  guarded_policy '{guard: {ttl: 5s, failsafe: false}}'
  guard tokyo
  guard ireland
  guarded tokyo
  guarded ireland
  touch probing
  "$BATS_TEST_DIRNAME/write_to_both.py" probing "tokyo=$TOKYO_DIRECT" "ireland=$IRELAND_DIRECT" >written 3>&- 4>&- &
  probe=$!
  background bash -c "exec '$FEDCTL' failover watch policy.yaml $host --interval 500ms --timeout 1s --failure-threshold 2 >>watch.log 2>&1"
  guards+=($helper)
  for _ in $(seq 100); do grep -q "tokyo-cluster is active" watch.log && break; sleep 0.1; done
  cut_off tokyo-api tokyo-database tokyo-to-host
  for _ in $(seq 300); do grep -q "ireland-cluster, token 1" watch.log && break; sleep 0.1; done
  cat watch.log
  for _ in $(seq 100); do grep -q ireland written && break; sleep 0.1; done
  rm probing
  wait $probe
  grep -q "way=guard" watch.log
  one_writer 2
  heal tokyo-api tokyo-database tokyo-to-host
  [ "$(value host-cluster "/apis/types.kubefed.io/v1beta1/namespaces/production/federateddeployments/active-standby-app" '.spec.overrides[] | select(.clusterName == "ireland-cluster") | .clusterOverrides[0].value')" = 10 ]
}

@test "a guard that loses the host alone stops the writes where the policy says so, and lets them in again when it is back" {
  guarded_policy '{guard: {ttl: 5s, failsafe: false}}'
  guard tokyo
  guarded tokyo
  cut_off tokyo-to-host
  said tokyo "frozen"
  run sql $tokyo_port "INSERT INTO events DEFAULT VALUES"
  says "fenced_by_fedctl"
  heal tokyo-to-host
  said tokyo "takes writes again"
  run sql $tokyo_port "INSERT INTO events DEFAULT VALUES"
  exits 0
}

@test "a guard that was killed is followed at once, and writes go on" {
  guard tokyo
  guarded tokyo
  kill -9 $helper
  touch probing
  "$BATS_TEST_DIRNAME/write_to_both.py" probing "tokyo=$TOKYO_DIRECT" >written 3>&- 4>&- &
  probe=$!
  guard tokyo
  for _ in $(seq 100); do [ "$(grep -c "guarding" tokyo.log)" = 2 ] && break; sleep 0.1; done
  not grep -q "guarded already" tokyo.log
  for _ in $(seq 100); do [ "$(wc -l <written)" -gt 20 ] && break; sleep 0.1; done
  rm probing
  wait $probe
  not grep -q frozen tokyo.log
  run fedctl failover status policy.yaml $host
  says "guard of tokyo-cluster: "
  says "ttl 5s"
}

@test "a guard that is told acknowledges, and nobody waits for the ttl" {
  guarded_policy '{guard: {ttl: 60s}}'
  guard tokyo
  guarded tokyo
  fedctl failover status policy.yaml $host >/dev/null
  cut_off tokyo-api tokyo-database
  run fedctl failover run policy.yaml $host --yes
  exits 0
  says "acknowledged=true"
  run sql $tokyo_port "INSERT INTO events DEFAULT VALUES"
  says "fenced_by_fedctl"
}

@test "a run that is undone frees the side, and its guard lets it write" {
  guard tokyo
  guarded tokyo
  echo "  hooks: [{before: promote, command: ['false']}]" >>policy.yaml
  run fedctl failover run policy.yaml $host --yes
  exits 1
  run sql $tokyo_port "INSERT INTO events DEFAULT VALUES"
  says "fenced_by_fedctl"
  run fedctl failover abort policy.yaml $host --yes
  exits 0
  for _ in $(seq 20); do sql $tokyo_port "INSERT INTO events DEFAULT VALUES" >/dev/null; sleep 0.1; done
  [ "$(sql $tokyo_port 'SELECT count(*) FROM events')" = 20 ]
}

@test "a guard that knows only of an old fence leaves a standby, and what is promoted from it, alone" {
  guard tokyo
  local of_tokyo=$helper
  guarded tokyo
  sed -i "s#{connection: {env: \([A-Z]*\)_DATABASE}#&, rejoin: {command: [$PWD/rejoin]}#" policy.yaml
  fedctl failover run policy.yaml $host --yes >/dev/null
  said tokyo "frozen"
  fedctl failover repair policy.yaml $host --yes >/dev/null
  sleep 1
  [ "$(sql $tokyo_port 'SHOW session_preload_libraries')" = "" ]
  kill -STOP $of_tokyo
  # As a guard leaves it that gave its Lease up.
  api host-cluster "/apis/coordination.k8s.io/v1/namespaces/$system/leases/failover.production.active-standby-app.guard.tokyo-cluster" -X PATCH \
    -H 'Content-Type: application/merge-patch+json' -d '{"spec": {"holderIdentity": ""}}' >/dev/null
  local before=$(grep -c freezing tokyo.log)
  run fedctl failover run policy.yaml $host --yes
  says "nobody guards tokyo-cluster"
  [ "$(sql $tokyo_port 'SELECT pg_is_in_recovery()')" = f ]
  kill -CONT $of_tokyo
  guarded tokyo
  sleep 1
  [ "$(grep -c freezing tokyo.log)" = "$before" ]
  sql $tokyo_port "INSERT INTO events DEFAULT VALUES" >/dev/null
}

@test "without guards a side that is cut off is refused, with the reason" {
  guarded_policy '{}'
  fedctl failover status policy.yaml $host >/dev/null
  cut_off tokyo-api tokyo-database
  run fedctl failover run policy.yaml $host --yes
  exits 4
  one_error
  says "tokyo-cluster cannot be fenced, so it might go on writing"
  says "the policy has no guard, no program"
  guarded_policy '{guard: {ttl: 5s}}'
  run fedctl failover run policy.yaml $host --yes
  exits 4
  says "no guard ever renewed its Lease"
}

@test "what a guard cannot do is an error" {
  run fedctl failover guard policy.yaml $host --side paris-cluster
  exits 1
  one_error
  says "'paris-cluster' is none of the policy's sides"
  guarded_policy '{}'
  run fedctl failover guard policy.yaml $host --side tokyo-cluster
  exits 1
  says "policy.yaml:"
  says "set fencing.guard.ttl"
  guarded_policy '{guard: {ttl: 5s}}'
  guard tokyo
  guarded tokyo
  run fedctl failover guard policy.yaml $host --side tokyo-cluster
  exits 4
  says "tokyo-cluster is guarded already"
}

# guard_by_role: the guards log in as a role that is no superuser; programs as `app`, which may take all the connections that there are.
guard_by_role() {
  fedctl failover role --print-sql --name watchman | psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p $tokyo_port -U postgres -d postgres
  sql $tokyo_port 'GRANT SELECT ON events TO watchman; CREATE ROLE app LOGIN; GRANT ALL ON events TO app; GRANT ALL ON SEQUENCE events_id_seq TO app' >/dev/null
  TOKYO_DIRECT=postgres://watchman@127.0.0.1:$tokyo_port/postgres
  APP=postgres://app@127.0.0.1:$tokyo_port/postgres
}
# end_watchman: the role may log in no more, and its sessions end.
end_watchman() { sql $tokyo_port "ALTER ROLE watchman NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'watchman'" >/dev/null; }

@test "a guard that could not keep its database from writing gives the Lease up, and no failover believes it" {
  guard_by_role
  guard tokyo
  guarded tokyo
  end_watchman
  said tokyo "the Lease is given up"
  [ -z "$(lease_of tokyo .spec.holderIdentity)" ]
  run sql $tokyo_port "INSERT INTO events DEFAULT VALUES"
  exits 0
  run fedctl failover status policy.yaml $host
  says "guard of tokyo-cluster: gave its Lease up: "
  says "not permitted to log in"
  cut_off tokyo-api tokyo-database tokyo-to-host
  run fedctl failover run policy.yaml $host --yes
  [ "$status" != 0 ]
  says "had given its Lease up"
  heal tokyo-api tokyo-database
  # The guard hears of the run only when it is undone: told to fence, it would end the database.
  fedctl failover abort policy.yaml $host --yes >/dev/null
  heal tokyo-to-host
  sql $tokyo_port "ALTER ROLE watchman LOGIN" >/dev/null
  guarded tokyo
  run sql $tokyo_port "INSERT INTO events DEFAULT VALUES"
  exits 0
}

@test "a guard whose role lacks a right does not begin to hold the Lease, and says which" {
  guard_by_role
  sql $tokyo_port "REVOKE EXECUTE ON FUNCTION pg_reload_conf() FROM watchman" >/dev/null
  guard tokyo
  said tokyo "its role may not make it read-only: it lacks EXECUTE on pg_reload_conf"
  [ "$(lease_of tokyo '.spec.holderIdentity // ""')" = "" ]
  sql $tokyo_port "GRANT EXECUTE ON FUNCTION pg_reload_conf() TO watchman" >/dev/null
  guarded tokyo
}

@test "programs that hold all connections do not keep the guard out" {
  guarded_policy '{guard: {ttl: 5s, failsafe: false}}'
  guarded_policy '{guard: {ttl: 5s, failsafe: false}}'
  guard_by_role
  guard tokyo
  guarded tokyo
  touch probing
  "$BATS_TEST_DIRNAME/write_to_both.py" probing $(for i in $(seq 60); do echo "app$i=$APP"; done) >written 3>&- 4>&- &
  probe=$!
  for _ in $(seq 100); do [ "$(awk '{print $3}' written | sort -u | wc -l)" -ge 40 ] && break; sleep 0.1; done
  fedctl failover status policy.yaml $host >/dev/null || true
  cut_off tokyo-api tokyo-database tokyo-to-host
  # On a busy machine a storm of logins may leave too little time to prove it; then the server is ended.
  said tokyo " frozen "
  sleep 0.2
  wc -l <written >before
  sleep 1
  wc -l <written | diff before -
  rm probing
  wait $probe
}

@test "a database that stands still, and wakes after the failover, has taken no write" {
  guard tokyo
  guard ireland
  guarded tokyo
  guarded ireland
  touch probing
  "$BATS_TEST_DIRNAME/write_to_both.py" probing "tokyo=$TOKYO_DIRECT" "ireland=$IRELAND_DIRECT" >written 3>&- 4>&- &
  probe=$!
  for _ in $(seq 100); do [ -s written ] && break; sleep 0.1; done
  fedctl failover status policy.yaml $host >/dev/null
  server=$(head -1 "$databases/tokyo/postmaster.pid")
  kill -STOP $server $(pgrep -P $server)
  cut_off tokyo-api tokyo-database tokyo-to-host
  run fedctl failover run policy.yaml $host --yes
  exits 0
  for _ in $(seq 100); do grep -q ireland written && break; sleep 0.1; done
  kill -CONT $server $(pgrep -P $server) || true
  sleep 1
  rm probing
  wait $probe
  one_writer 2
  said tokyo "its database was ended by SIGKILL"
  heal tokyo-api tokyo-database tokyo-to-host
}

# has_ended PID: whether or not somebody has asked yet how it ended.
has_ended() { [ "$(awk '{print $3}' "/proc/$1/stat" 2>/dev/null || echo Z)" = Z ]; }

@test "a database that only died is fenced by its guard at once, and starts again closed" {
  guard tokyo
  guard ireland
  guarded tokyo
  guarded ireland
  fedctl failover status policy.yaml $host >/dev/null
  server=$(head -1 "$databases/tokyo/postmaster.pid")
  # One session stands still while its server dies, and would go on after.
  psql -X -h 127.0.0.1 -p $tokyo_port -U postgres -d postgres -c "SELECT pg_sleep(60)" >/dev/null 2>&1 3>&- 4>&- &
  for _ in $(seq 100); do
    sleeper=$(sql $tokyo_port "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
    [ -z "$sleeper" ] || break
    sleep 0.1
  done
  kill -STOP "$sleeper"
  kill -9 "$server"
  run fedctl failover run policy.yaml $host --yes
  exits 0
  says "acknowledged=true stopped=true"
  has_ended "$sleeper"
  [ "$(grep -c fenced_by_fedctl "$databases/tokyo/postgresql.auto.conf")" = 1 ]
  rm -f "$databases/tokyo/postmaster.pid"
  start_database tokyo
  run sql $tokyo_port "INSERT INTO events DEFAULT VALUES"
  says "fenced_by_fedctl"
}

@test "a guard that ended its database before the failover came says so when it comes" {
  guard tokyo
  guarded tokyo
  fedctl failover status policy.yaml $host >/dev/null
  server=$(head -1 "$databases/tokyo/postmaster.pid")
  cut_off tokyo-to-host
  kill -STOP $server $(pgrep -P $server)
  for _ in $(seq 150); do grep -q "ended by SIGKILL" tokyo.log && break; sleep 0.1; done
  heal tokyo-to-host
  cut_off tokyo-api tokyo-database
  run fedctl failover run policy.yaml $host --yes
  exits 0
  says "acknowledged=true stopped=true"
  heal tokyo-api tokyo-database
}
