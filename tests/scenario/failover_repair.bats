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
