#!/usr/bin/env bats
# A guard switches synchronous replication on while the standby is near, and off when it is not, and the state says which.

setup_file() { load support; load failover_support; start_host; }
teardown_file() { load support; leave_federation; }

setup() {
  load support
  load failover_support
  in_own_folder
  start_databases
  federated_app >all.yaml
  fedctl apply -f all.yaml $host --yes --accept-role-change >/dev/null
  sed -e '/^  dns:/,/route53/d; /^  rto/,$d; s/maxLagBytes: 1Mi/&\n      replication: {mode: syncWhileClose, giveUpAfter: 3s}/' "$FEDCTL_SOURCE/examples/failover-policy.yaml" >policy.yaml
  echo "  fencing: {guard: {ttl: 5s}}" >>policy.yaml
}
teardown() {
  stop_helper
  stop_databases
  api host-cluster "/apis/coordination.k8s.io/v1/namespaces/$system/leases/failover.production.active-standby-app.guard.tokyo-cluster" -X DELETE >/dev/null 2>&1 || true
  api host-cluster "/api/v1/namespaces/$system/configmaps/failover.production.active-standby-app" -X DELETE >/dev/null 2>&1 || true
}

names_in_tokyo() { sql $tokyo_port "SHOW synchronous_standby_names"; }
proven() { fedctl failover status policy.yaml $host -o json | jq -r .synchronous.proven; }

@test "commits wait while the standby is near, no longer when it has been away for a while, and again when it is back" {
  background bash -c "exec '$FEDCTL' failover guard policy.yaml $host --side tokyo-cluster >>tokyo.log 2>&1"
  within 30 'ANY 1 ("ireland-cluster")' names_in_tokyo
  within 10 'ANY 1 ("ireland-cluster")' proven
  stop_database ireland fast
  # This one hangs until it is given up.
  SECONDS=0
  timeout 60 psql -X -h 127.0.0.1 -p $tokyo_port -U postgres -d postgres -Atc "INSERT INTO events DEFAULT VALUES" >/dev/null
  [ $SECONDS -ge 1 ]
  [ "$(names_in_tokyo)" = "" ]
  [ "$(proven)" = "" ]
  grep -q "commits wait for no standby any more: too few are near" tokyo.log
  start_database ireland
  within 40 'ANY 1 ("ireland-cluster")' names_in_tokyo
  within 10 'ANY 1 ("ireland-cluster")' proven
}

@test "without a guard nobody gives up, and commits go on waiting" {
  background bash -c "exec '$FEDCTL' failover guard policy.yaml $host --side tokyo-cluster >>tokyo.log 2>&1"
  within 30 'ANY 1 ("ireland-cluster")' names_in_tokyo
  within 10 'ANY 1 ("ireland-cluster")' proven
  stop_helper
  stop_database ireland fast
  status=0
  timeout 8 psql -X -h 127.0.0.1 -p $tokyo_port -U postgres -d postgres -Atc "INSERT INTO events DEFAULT VALUES" || status=$?
  [ "$status" = 124 ]
  [ "$(names_in_tokyo)" = 'ANY 1 ("ireland-cluster")' ]
}
