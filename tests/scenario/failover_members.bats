#!/usr/bin/env bats
# The state and the locks are kept by three clusters, of which any one may be lost.

setup_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster virginia-cluster >/dev/null; }
teardown_file() {
  load support
  "$testbed/up" tokyo-cluster ireland-cluster >/dev/null
  forget_in "tokyo-cluster ireland-cluster" production
  "$testbed/down" virginia-cluster >/dev/null
}

setup() {
  load support
  load failover_support
  in_own_folder
  "$testbed/up" virginia-cluster >/dev/null
  start_application
  forget_state
  sed -i 's/^  targets:$/  coordination: {members: [tokyo-cluster, ireland-cluster, virginia-cluster]}\n&/
    s/^  rto:/  fencing: {proceedUnfencedAfter: 1s}\n&/' policy.yaml
}
teardown() {
  rm -f writing
  for one in "${watches[@]}"; do kill $one || true; done
  stop_application
  forget_state
}

kept=/api/v1/namespaces/kube-federation-system/configmaps/failover.production.active-standby-app
forget_state() {
  local cluster part
  for cluster in tokyo-cluster ireland-cluster virginia-cluster; do
    for part in "" .failover .watch; do api $cluster "$kept$part" -X DELETE >/dev/null 2>&1 || true; done
  done
}
active_in() { value "$1" $kept '.data.value | fromjson | .active'; }

@test "all three keep the state, and none is left in a file" {
  run failover run --yes
  exits 0
  for cluster in tokyo-cluster ireland-cluster virginia-cluster; do
    for _ in $(seq 50); do [ "$(active_in $cluster)" = ireland-cluster ] && break; sleep 0.1; done
    [ "$(active_in $cluster)" = ireland-cluster ]
  done
  [ ! -e "$XDG_STATE_HOME/fedctl/failover/production.active-standby-app.json" ]
  run failover status
  exits 0
  says "ireland-cluster"
}

@test "one that only coordinates is lost: a switchover loses nothing, and gets the state when it is back" {
  failover status >/dev/null
  kill_cluster virginia-cluster
  start_writer $tokyo_port
  run failover switchover --yes
  end_writer
  exits 0
  [ "$(active_in tokyo-cluster)" = ireland-cluster ]
  [ "$(active_in ireland-cluster)" = ireland-cluster ]
  [ "$(lost_in $ireland_port)" = 0 ]
  "$testbed/up" virginia-cluster >/dev/null
  for _ in $(seq 20); do
    failover status >/dev/null
    [ "$(active_in virginia-cluster 2>/dev/null)" = ireland-cluster ] && break
    sleep 0.5
  done
  [ "$(active_in virginia-cluster)" = ireland-cluster ]
}

@test "the active one is lost, which coordinates too: a failover still runs" {
  failover status >/dev/null
  kill_tokyo
  run failover run --yes
  exits 0
  [ "$(active_in ireland-cluster)" = ireland-cluster ]
  [ "$(active_in virginia-cluster)" = ireland-cluster ]
  [ "$(answer)" = ireland-lb.example.com. ]
  sql $ireland_port "INSERT INTO events DEFAULT VALUES" >/dev/null
}

@test "two are lost: nothing is begun, and each reason is said" {
  failover status >/dev/null
  kill_cluster virginia-cluster
  kill_tokyo
  run failover run --yes
  exits 1
  one_error
  says "no majority of the 3 clusters that coordinate answers"
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = t ]
  "$testbed/up" virginia-cluster >/dev/null
  run failover run --yes
  exits 0
}

@test "of two runs one has the lock, and one that was killed is gone on with" {
  echo "  hooks: [{before: roles, command: [sh, -c, 'touch hooked; sleep 5']}]" >>policy.yaml
  background bash -c "exec '$FEDCTL' failover run policy.yaml -f app.yaml --yes >first.log 2>&1"
  first=$helper
  for _ in $(seq 100); do [ -e hooked ] && break; sleep 0.1; done
  run failover run --yes
  exits 4
  one_error
  says "is at work on this policy"
  kill -9 $first
  kill_cluster virginia-cluster
  run failover run --resume --yes
  exits 0
  [ "$(active_in ireland-cluster)" = ireland-cluster ]
}

@test "of two watches one decides, with one cluster away; the other follows at once when it dies" {
  kill_cluster virginia-cluster
  background bash -c "exec '$FEDCTL' failover watch policy.yaml -f app.yaml --interval 500ms >>first.log 2>&1"
  watches=($helper)
  for _ in $(seq 100); do grep -q "tokyo-cluster is active" first.log && break; sleep 0.1; done
  grep -q "tokyo-cluster is active" first.log
  background bash -c "exec '$FEDCTL' failover watch policy.yaml -f app.yaml --interval 500ms >>second.log 2>&1"
  watches+=($helper)
  for _ in $(seq 100); do grep -q "following" second.log && break; sleep 0.1; done
  grep -q "following" second.log
  kill -9 ${watches[0]}
  for _ in $(seq 100); do grep -q "tokyo-cluster is active" second.log && break; sleep 0.1; done
  grep -q "tokyo-cluster is active" second.log
}

@test "of two clusters both would be needed, which is refused" {
  sed -i 's/, virginia-cluster\]}$/]}/' policy.yaml
  run failover status
  exits 1
  one_error
  says "needs three clusters, and there are 2"
}
