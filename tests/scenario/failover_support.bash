# Two streaming PostgreSQL servers and a DNS server, for the scenarios of failovers.
postgres_programs=/usr/lib/postgresql/15/bin

# as_postgres COMMAND: PostgreSQL does not run as root.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then (cd / && exec su postgres -s /bin/bash -c "$*"); else bash -c "$*"; fi
}

# start_databases: tokyo is the primary, ireland its standby; their ports are in $tokyo_port and $ireland_port.
start_databases() {
  databases=$(mktemp -d -t fedctl-databases-XXXXXX)
  source "$testbed/lib.sh"
  tokyo_port=$(free_port)
  ireland_port=$((tokyo_port + 1))
  chmod 755 "$databases"
  [ "$(id -u)" != 0 ] || chown postgres "$databases"
  as_postgres "$postgres_programs/initdb -D $databases/tokyo -A trust -U postgres" >/dev/null
  as_postgres "cat >>$databases/tokyo/postgresql.conf" <<EOF
port = $tokyo_port
unix_socket_directories = '$databases'
wal_level = replica
wal_log_hints = on
wal_keep_size = 64MB
fsync = off
max_connections = 50
shared_buffers = 16MB
EOF
  as_postgres "echo 'host replication all 127.0.0.1/32 trust' >>$databases/tokyo/pg_hba.conf"
  start_database tokyo
  sql $tokyo_port "CREATE TABLE events (id bigserial PRIMARY KEY)" >/dev/null
  as_postgres "$postgres_programs/pg_basebackup -h 127.0.0.1 -p $tokyo_port -U postgres -D $databases/ireland -R -X stream -c fast"
  as_postgres "sed -i 's/^port = .*/port = $ireland_port/' $databases/ireland/postgresql.conf"
  start_database ireland
  export TOKYO_DATABASE="postgres://postgres@127.0.0.1:$tokyo_port/postgres" IRELAND_DATABASE="postgres://postgres@127.0.0.1:$ireland_port/postgres"
}

# start_virginia PORT [HOST]: a third database, which receives from the server at PORT, on a slot of its own; its port is $virginia_port.
start_virginia() {
  virginia_port=$((ireland_port + 1))
  as_postgres "$postgres_programs/pg_basebackup -h ${2:-127.0.0.1} -p $1 -U postgres -D $databases/virginia -R -X stream -c fast -C -S virginia"
  as_postgres "sed -i 's/^port = .*/port = $virginia_port/' $databases/virginia/postgresql.conf"
  start_database virginia
  export VIRGINIA_DATABASE="postgres://postgres@127.0.0.1:$virginia_port/postgres"
  sed -i "s/clusters: \[tokyo-cluster, ireland-cluster\]/clusters: [tokyo-cluster, ireland-cluster, virginia-cluster]/
    s/\( *\)ireland-cluster: {connection.*/&\n\1virginia-cluster: {connection: {env: VIRGINIA_DATABASE}}/
    s/targets: {tokyo-cluster: tokyo-lb.example.com,/& virginia-cluster: virginia-lb.example.com,/" policy.yaml
}

start_database() {
  as_postgres "setsid --wait $postgres_programs/pg_ctl -D $databases/$1 -l $databases/$1.log -w start" >/dev/null 3>&- 4>&-
}
# stop_database SIDE [MODE]
stop_database() { as_postgres "$postgres_programs/pg_ctl -D $databases/$1 -m ${2:-immediate} -w stop" >/dev/null 2>&1 || true; }
# hold_background_writer SIDE [SIGNAL]: it adds nothing to the log by itself, until SIGNAL is CONT.
hold_background_writer() { kill "-${2:-STOP}" "$(pgrep -P "$(head -1 "$databases/$1/postmaster.pid")" -f 'background writer')"; }
stop_databases() {
  stop_database tokyo
  stop_database ireland
  [ ! -e "$databases/virginia" ] || stop_database virginia
  rm -rf "$databases"
}

# sql_past_fence PORT STATEMENT: where applications are kept out.
sql_past_fence() { PGOPTIONS='-c session_preload_libraries=' sql "$@"; }
sql() { psql -X -h 127.0.0.1 -p "$1" -U postgres -d postgres -Atc "$2"; }

# within SECONDS VALUE COMMAND...: waits until it prints that.
within() {
  local seconds=$1 wanted=$2 seen
  shift 2
  for _ in $(seq $((seconds * 5))); do
    seen=$("$@" 2>/dev/null) || true
    [ "$seen" != "$wanted" ] || return 0
    sleep 0.2
  done
  printf 'expected: %s\nseen: %s\n' "$wanted" "$seen" >&2
  return 1
}

# start_dns FOLDER: Knot serves example.com at $dns_port and takes updates signed by the key "fedctl".
start_dns() {
  local folder=$1
  source "$testbed/lib.sh"
  dns_port=$(free_port)
  export DNS_KEY=c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0
  mkdir -p "$folder/db"
  printf 'example.com. 60 IN SOA ns.example.com. root.example.com. 1 60 60 60 60\nexample.com. 60 IN NS ns.example.com.\nns 60 IN A 127.0.0.1\napp.example.com. 60 IN CNAME tokyo-lb.example.com.\n' >"$folder/example.com.zone"
  cat >"$folder/knot.conf" <<EOF
server:
  rundir: $folder
  listen: 127.0.0.1@$dns_port
database:
  storage: $folder/db
key:
  - id: fedctl
    algorithm: hmac-sha256
    secret: $DNS_KEY
acl:
  - id: update
    key: fedctl
    action: update
zone:
  - domain: example.com
    storage: $folder
    file: example.com.zone
    acl: update
EOF
  start "$folder/knot.pid" "$folder/knot.log" knotd -c "$folder/knot.conf"
  for _ in $(seq 50); do (exec 4<>"/dev/tcp/127.0.0.1/$dns_port") 2>/dev/null && return; sleep 0.1; done
  cat "$folder/knot.log" >&2
  return 1
}
stop_dns() { source "$testbed/lib.sh"; stop "$1/knot.pid"; }

deployment=/apis/apps/v1/namespaces/production/deployments/active-standby-app

# start_application: the databases, the DNS server, the example's application in both clusters, and its policy.
start_application() {
  export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
  "$testbed/up" tokyo-cluster ireland-cluster >/dev/null
  start_databases
  start_dns "$BATS_TEST_TMPDIR/dns"
  cp "$FEDCTL_SOURCE/examples/active-standby-app.yaml" app.yaml
  policy_with ''
  # The test before may have failed over, and its state is gone.
  fedctl apply -f app.yaml --contexts tokyo-cluster,ireland-cluster --create-namespaces --yes --accept-role-change >/dev/null
}
stop_application() {
  # A writer that a failed test left behind goes on as long as its file is there.
  rm -f writing probing
  stop_databases
  stop_dns "$BATS_TEST_TMPDIR/dns"
}

# start_host: a host with both clusters as its members, Namespaces and Deployments federated, and the namespace production.
start_host() {
  local cluster type
  start_federation
  fedctl init $host >/dev/null
  for cluster in tokyo-cluster ireland-cluster; do fedctl join $cluster $host >/dev/null; done
  for type in namespaces deployments; do fedctl enable $type $host >/dev/null; done
  create host-cluster /api/v1/namespaces '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "production"}}'
}
# policy_in_host: the example's policy without a database and without DNS; the test bed's etcd stands for what the clusters serve.
policy_in_host() {
  sed '/^  database:/,/IRELAND_DATABASE/d; /^  dns:/,/route53/d; /^  rto/,$d' "$FEDCTL_SOURCE/examples/failover-policy.yaml" >policy.yaml
  local url=http://127.0.0.1:$(cat "$FEDCTL_TESTBED_DIR/etcd.port")/health
  echo "  health: {checks: [{apiServer: {}}, {http: {urls: {tokyo-cluster: \"$url\", ireland-cluster: \"$url\"}}}]}" >>policy.yaml
}
# guarded_policy FENCING: the example's policy without DNS, with this `fencing`.
guarded_policy() {
  sed -e '/^  dns:/,/route53/d; /^  rto/,$d' "$FEDCTL_SOURCE/examples/failover-policy.yaml" >policy.yaml
  echo "  fencing: $1" >>policy.yaml
}
# federated_app: the example's application and its namespace, for a host.
federated_app() {
  printf 'apiVersion: types.kubefed.io/v1beta1\nkind: FederatedNamespace\nmetadata: {name: production, namespace: production}\nspec: {placement: {clusterSelector: {}}}\n---\n'
  cat "$FEDCTL_SOURCE/examples/active-standby-app.yaml"
}
federated=/apis/types.kubefed.io/v1beta1/namespaces/production/federateddeployments/active-standby-app

# policy_with FENCING: the example's policy, with Knot for DNS and this `fencing`.
policy_with() {
  sed -e "s|    route53:.*|    rfc2136: {server: '127.0.0.1:$dns_port', zone: example.com, key: {name: fedctl, secret: {env: DNS_KEY}}}\n    verify: {resolvers: ['127.0.0.1:$dns_port'], within: 5s}|" \
    -e "s|maxLagBytes: 1Mi|maxLagBytes: 1Mi\n      count: SELECT count(*) FROM events|" "$FEDCTL_SOURCE/examples/failover-policy.yaml" >policy.yaml
  [ -z "$1" ] || echo "  fencing: $1" >>policy.yaml
}
failover() { local action=$1; shift; fedctl failover "$action" policy.yaml -f app.yaml "$@"; }
role_in() { value "$1" $deployment '[.spec.replicas, (.spec.template.spec.containers[0].env | map(.value) | join(","))] | join(" ")'; }
answer() { kdig +short @127.0.0.1 -p "$dns_port" app.example.com CNAME; }
# kill_cluster NAME: without warning.
kill_cluster() {
  local file
  for file in "$FEDCTL_TESTBED_DIR/$1"/*.pid; do kill -9 -- "-$(cat "$file")"; done
  "$testbed/down" "$1" >/dev/null
}
kill_tokyo() { kill_cluster tokyo-cluster; stop_database tokyo; }

# start_writer PORT: a session after the other writes one row; what was acknowledged is in `written`. end_writer ends it.
start_writer() {
  touch writing written
  (while [ -e writing ]; do sql $1 'INSERT INTO events DEFAULT VALUES RETURNING id' || true; done >written 2>/dev/null) 3>&- 4>&- &
  writer=$!
  for _ in $(seq 50); do [ -s written ] && break; sleep 0.1; done
}
end_writer() {
  rm -f writing
  wait $writer
  grep -E '^[0-9]+$' written | sort >acknowledged
  [ -s acknowledged ]
}
# lost_in PORT: how many acknowledged rows are not there.
lost_in() { sql $1 'SELECT id FROM events' | sort >there; comm -23 acknowledged there | wc -l; }

# write_rejoin: makes the side $1 (or that of FEDCTL_CLUSTER) a standby of the other one.
write_rejoin() {
  declare -f as_postgres start_database stop_database >functions
  cat >rejoin <<EOF
#!/usr/bin/env bash
set -eu
postgres_programs=$postgres_programs databases=$databases
source $PWD/functions
side=\${1:-\${FEDCTL_CLUSTER%-cluster}}
case \$side in tokyo) port=$tokyo_port other=$ireland_port;; ireland) port=$ireland_port other=$tokyo_port;; virginia) port=${virginia_port:-} other=$ireland_port;; esac
stop_database \$side fast
as_postgres "sed -i /fenced_by_fedctl/d \$databases/\$side/postgresql.auto.conf"
as_postgres "\$postgres_programs/pg_rewind -D \$databases/\$side --source-server='host=127.0.0.1 port=\$other user=postgres dbname=postgres'" >/dev/null 2>&1
as_postgres "sed -i 's/^port = .*/port = \$port/' \$databases/\$side/postgresql.conf; touch \$databases/\$side/standby.signal; printf \"primary_conninfo='host=127.0.0.1 port=\$other user=postgres'\\n\" >\$databases/\$side/postgresql.auto.conf"
start_database \$side
EOF
  chmod +x rejoin
}
