# shellcheck shell=bash disable=SC2154  # The names of tests/scenario/*.bash and failover.
# What the rounds stand on: a host with two members, two streaming databases with a pooler and a guard each, and between them ways of
# toxiproxy that can be cut. Programs write to their databases over no such way; fedctl, the guards and the standbys have one each:
#   host-api, SIDE-api, SIDE-database   fedctl to the API servers and the databases
#   SIDE-to-host                        the guard of SIDE to the host
#   SIDE-replication                    the other side's standby to the database of SIDE
sides=(tokyo ireland)
ttl=5
faketime=$(compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' || echo libfaketime)
read -ra at_host <<<"$host"
policy_name=production.active-standby-app

other_of() { if [ "$1" = tokyo ]; then echo ireland; else echo tokyo; fi; }
port_of() { local name=${1}_port; echo "${!name}"; }
pooler_port_of() { local name=${1}_pooler_port; echo "${!name:-}"; }
# The port of a way, as toxiproxy tells it.
port_of_way() { curl -sf "http://127.0.0.1:$network/proxies/$1" | jq -r '.listen | split(":")[1]'; }

# On a disk that can be made slow (slow_disk.c).
start_database() {
  as_postgres "SLOW_DISK=$disks/$1 LD_PRELOAD=$disks/slow_disk.so setsid --wait $postgres_programs/pg_ctl -D $databases/$1 -l $databases/$1.log -w start" >/dev/null 3>&- 4>&-
}
server_of() { head -1 "$databases/$1/postmaster.pid" 2>/dev/null | grep .; }
is_up() { local server; server=$(server_of "$1") && kill -0 "$server" 2>/dev/null; }

start_bed() {
  "$testbed/up" host-cluster "${three[@]}" >/dev/null
  start_network "$PWD"
  clusters_through_the_network
  start_host
  federated_app >app.yaml
  fedctl apply -f app.yaml "${at_host[@]}" --yes --accept-role-change >/dev/null
  start_our_databases
  write_policy
  write_programs
  start_poolers
  local side
  for side in "${sides[@]}"; do start_guard "$side"; done
  for side in "${sides[@]}"; do soon guards "$side"; done
}
stop_bed() {
  local file side
  rm -f writing filling
  for file in *.pid; do [ "$file" = toxiproxy.pid ] || stop "$file"; done
  for side in "${sides[@]}"; do signal_server CONT "$side"; done
  [ -z "${databases:-}" ] || stop_databases
  rm -rf "${disks:-}"
  stop_network "$PWD"
}

clusters_through_the_network() {
  local cluster near port
  cp "$FEDCTL_TESTBED_DIR/kubeconfig" kubeconfig
  near=$(cat "$FEDCTL_TESTBED_DIR/host-cluster/port")
  for side in "${sides[@]}"; do
    port=$(way "$side-to-host" "$near")
    sed "s#127.0.0.1:$near#127.0.0.1:$port#" kubeconfig >"kubeconfig-$side"
  done
  for cluster in host tokyo ireland; do
    near=$(cat "$FEDCTL_TESTBED_DIR/$cluster-cluster/port")
    port=$(way "$cluster-api" "$near")
    sed -i "s#127.0.0.1:$near#127.0.0.1:$port#" kubeconfig
  done
  export KUBECONFIG=$PWD/kubeconfig
}

# fedctl logs in as `watchman`, by a password that may change; programs as `app`, which is no superuser.
start_our_databases() {
  local side
  disks=$(mktemp -d -t fedctl-disks-XXXXXX)
  chmod 755 "$disks"
  cc -shared -fPIC -O2 -Wall -Wextra -o "$disks/slow_disk.so" "$chaos/slow_disk.c"
  start_databases
  sql "$tokyo_port" "CREATE TABLE marks (tag text PRIMARY KEY); CREATE ROLE app LOGIN; GRANT ALL ON marks TO app" >/dev/null
  fedctl failover role --print-sql --name watchman | psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$tokyo_port" -U postgres -d postgres
  sql "$tokyo_port" "GRANT SELECT ON marks TO watchman" >/dev/null
  for side in "${sides[@]}"; do
    as_postgres "printf 'fsync = on\nrecovery_init_sync_method = syncfs\nautovacuum = off\nwal_retrieve_retry_interval = 500ms\n' >>$databases/$side/postgresql.conf"
    as_postgres "sed -i '1i host all watchman 127.0.0.1/32 scram-sha-256' $databases/$side/pg_hba.conf"
    declare -g "${side}_replication_port=$(way "$side-replication" "$(port_of "$side")")"
    declare -g "${side}_database_port=$(way "$side-database" "$(port_of "$side")")"
  done
  as_postgres "sed -i 's/port=$tokyo_port/port=$tokyo_replication_port/' $databases/ireland/postgresql.auto.conf"
  for side in "${sides[@]}"; do stop_database "$side" fast; done
  for side in "${sides[@]}"; do start_database "$side"; done
  set_password first >/dev/null
  know_password
}

# set_password WORD: of fedctl's role, where the active side takes writes. The guards know it from their next start on.
set_password() {
  sql "$(port_of "$(active_side)")" "ALTER ROLE watchman PASSWORD '$1'" && password=$1
}
# know_password: fedctl's own connection strings have it from now on.
know_password() {
  export TOKYO_DATABASE=postgres://watchman:$password@127.0.0.1:$tokyo_database_port/postgres
  export IRELAND_DATABASE=postgres://watchman:$password@127.0.0.1:$ireland_database_port/postgres
}

write_policy() {
  local side
  sed -e '/^  dns:/,/route53/d; /^  rto/,$d' -e 's/maxLagBytes: 1Mi/&\n      count: SELECT count(*) FROM marks/' "$FEDCTL_SOURCE/examples/failover-policy.yaml" >policy.yaml
  for side in "${sides[@]}"; do
    local port=${side}_replication_port
    sed -i "s#$side-cluster: {connection: {env: \(.*\)_DATABASE}}#$side-cluster: {connection: {env: \1_DATABASE}, address: {host: 127.0.0.1, port: ${!port}}, rejoin: {command: [$PWD/rejoin]}}#" policy.yaml
  done
  printf '  fencing: {guard: {ttl: %ss}}\n  health: {cooldown: 0s}\n' "$ttl" >>policy.yaml
  # The same, with a program that stops the old side.
  sed "s#, rejoin: {#, stop: {command: [$PWD/stop]}&#" policy.yaml >policy-stop.yaml
}

# The programs of the policy. Whoever runs them may have another clock; they do not.
write_programs() {
  { declare -f as_postgres start_database stop_database other_of port_of; declare -p databases disks postgres_programs tokyo_port ireland_port; } >functions
  cat >stop <<EOF
#!/usr/bin/env bash
# A server that stands still heeds nothing but SIGKILL.
server=\$(head -1 $databases/\${FEDCTL_CLUSTER%-cluster}/postmaster.pid) || exit 0
children=\$(pgrep -P \$server)
kill -KILL \$server \$children
for _ in {1..100}; do kill -0 \$server 2>/dev/null || exit 0; sleep 0.05; done
EOF
  cat >rejoin <<EOF
#!/usr/bin/env bash
# Makes a side a standby of the other one, and keeps its log as it was, for audit.py.
unset LD_PRELOAD FAKETIME
set -eu
source $PWD/functions
exec 2>>$PWD/rejoin.log
side=\${1:-\${FEDCTL_CLUSTER%-cluster}}
other=\$(other_of \$side)
ways=(tokyo=$tokyo_replication_port ireland=$ireland_replication_port)
stop_database \$side fast
[ ! -e \$databases/\$side/postmaster.pid ] || stop_database \$side immediate
mkdir -p $PWD/wal-\$side
[ -e $PWD/wal-\$side/kept ] || find \$databases/\$side/pg_wal -maxdepth 1 -type f -name '0*[0-9A-F]' -newer $PWD/began -exec cp {} $PWD/wal-\$side/ \;
touch $PWD/wal-\$side/kept
as_postgres "sed -i /fenced_by_fedctl/d \$databases/\$side/postgresql.auto.conf"
source="host=127.0.0.1 port=\$(port_of \$other) user=postgres"
as_postgres "\$postgres_programs/pg_rewind --no-sync -D \$databases/\$side --source-server='\$source dbname=postgres'" >>$PWD/rejoin.log
for way in "\${ways[@]}"; do [ \${way%=*} != \$other ] || port=\${way#*=}; done
as_postgres "sed -i 's/^port = .*/port = \$(port_of \$side)/' \$databases/\$side/postgresql.conf; touch \$databases/\$side/standby.signal
  printf \"primary_conninfo='host=127.0.0.1 port=\$port user=postgres'\\n\" >\$databases/\$side/postgresql.auto.conf"
start_database \$side
EOF
  chmod +x stop rejoin
}

start_poolers() {
  local side as=()
  command -v pgbouncer >/dev/null || return 0
  [ "$(id -u)" != 0 ] || as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  for side in "${sides[@]}"; do
    declare -g "${side}_pooler_port=$(free_port)"
    cat >"$databases/pooler-$side.ini" <<EOF
[databases]
postgres = host=127.0.0.1 port=$(port_of "$side") user=app
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $(pooler_port_of "$side")
unix_socket_dir =
auth_type = any
pool_mode = transaction
ignore_startup_parameters = extra_float_digits,options
server_login_retry = 0.2
server_connect_timeout = 1
query_wait_timeout = 2
EOF
    start "pooler-$side.pid" "pooler-$side.log" "${as[@]}" "$(command -v pgbouncer)" -q "$databases/pooler-$side.ini"
    listening "$(pooler_port_of "$side")"
  done
}

# clock OFFSET: what makes a program's clock differ; nothing for no offset. Its steady clock goes on as the machine's.
clock() {
  [ -n "$1" ] || return 0
  printf '%s\n' "LD_PRELOAD=$faketime" "FAKETIME=$1" FAKETIME_DONT_FAKE_MONOTONIC=1
}

# start_guard SIDE [OFFSET]
start_guard() {
  local its_clock
  mapfile -t its_clock < <(clock "${2:-}")
  [ ! -e "guard-$1.log" ] || mv "guard-$1.log" "guard-$1-before.log"
  start "guard-$1.pid" "guard-$1.log" env "${its_clock[@]}" KUBECONFIG="$PWD/kubeconfig-$1" \
    TOKYO_DATABASE="postgres://watchman:$password@127.0.0.1:$tokyo_port/postgres" \
    IRELAND_DATABASE="postgres://watchman:$password@127.0.0.1:$ireland_port/postgres" \
    "$FEDCTL" failover guard policy.yaml "${at_host[@]}" --side "$1-cluster"
}
lease_of() { value host-cluster "/apis/coordination.k8s.io/v1/namespaces/$system/leases/failover.$policy_name.guard.$1-cluster" "$2"; }
# guards SIDE: does its guard hold the Lease?
guards() { [ -n "$(lease_of "$1" '.spec.holderIdentity // ""')" ]; }

# start_watch NAME: what it says is in NAME.log.
start_watch() {
  local its_clock
  mapfile -t its_clock < <(clock "${watch_clock:-}")
  start "$1.pid" "$1.log" env "${its_clock[@]}" "$FEDCTL" failover watch "$policy" "${at_host[@]}" --interval 500ms --timeout 2s --failure-threshold 2
}
# end_watch NAME: SIGTERM ends it within a second; this machine may be busy.
end_watch() {
  local pid
  running "$1.pid" || return 0
  pid=$(cat "$1.pid")
  kill -TERM "$pid"
  for _ in {1..50}; do kill -0 "$pid" 2>/dev/null || { rm "$1.pid"; return 0; }; sleep 0.1; done
  kill -KILL "$pid"
  rm "$1.pid"
  complain "$1 did not end within 5s after SIGTERM"
}

failover() {
  local action=$1 its_clock
  shift
  mapfile -t its_clock < <(clock "${run_clock:-}")
  timeout 120 env "${its_clock[@]}" "$FEDCTL" failover "$action" "$policy" "${at_host[@]}" "$@"
}
