#!/usr/bin/env bats
# Watching the active side, and failing over by itself: two clusters, two streaming databases, a DNS server, and somebody who pulls plugs.

setup_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; }
teardown_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; forget_in "tokyo-cluster ireland-cluster" production; }

setup() {
  load support
  load failover_support
  in_own_folder
  start_application
  policy_with '{proceedUnfencedAfter: 1s}'
  usual="--interval 1s --failure-threshold 3" quick="--interval 200ms --failure-threshold 1"
}
teardown() {
  [ -z "${watcher:-}" ] || kill $watcher 2>/dev/null || true
  stop_application
}

# watch [FLAG...]: in the background; what it says is in `log`.
watch() {
  background bash -c "exec '$FEDCTL' failover watch policy.yaml -f app.yaml $* >>log 2>&1"
  watcher=$helper
}
# heard TEXT: waits until watch has said it.
heard() { for _ in $(seq 300); do grep -q "$1" log && return; sleep 0.1; done; cat log; return 1; }

@test "Tokyo killed without warning: DNS, database and roles are Ireland's, and the loss that is told is the loss there is" {
  start_writer $tokyo_port
  watch $usual
  heard "tokyo-cluster is active"
  for _ in $(seq 20); do [ "$(wc -l <written)" -gt 30 ] && break; sleep 0.2; done
  kill_tokyo
  heard "ireland-cluster, token 1"
  cat log
  end_writer
  grep -q "proceedUnfencedAfter 1s" log
  # Ids are counted from 1, so the rows of the last look are known. Of what was written after it no one can tell.
  seen=$(grep -o 'primaryCounted=[0-9]*' log | cut -d= -f2)
  lost=$(lost_in $ireland_port)
  told=$(comm -23 acknowledged there | awk -v seen="$seen" '$1 <= seen' | wc -l)
  grep -q "$told counted lost" log
  [ $((lost - told)) -le 10 ]
  [ "$(role_in ireland-cluster)" = "10 read-write,primary" ]
  [ "$(value ireland-cluster $deployment .status.readyReplicas)" = 10 ]
  [ "$(answer)" = ireland-lb.example.com. ]
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = f ]
}

@test "a blip is waited out" {
  watch $usual
  heard "tokyo-cluster is active"
  stop_database tokyo fast
  heard "failing"
  start_database tokyo
  heard "tokyo-cluster is well again"
  not grep -q begun log
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = t ]
}

@test "one signal alone is not enough, however bad" {
  watch $quick --timeout 500ms
  heard "tokyo-cluster is active"
  server=$(head -1 "$databases/tokyo/postmaster.pid")
  kill -STOP $server
  heard "failing"
  sleep 2
  kill -CONT $server
  not grep -q begun log
}

@test "a database that only died is failed over, for its own host says so; its side's program keeps it from coming back" {
  sed -i "s#tokyo-cluster: {connection: {env: TOKYO_DATABASE}}#tokyo-cluster: {connection: {env: TOKYO_DATABASE}, stop: {command: [touch, $PWD/stopped]}}#; s#{proceedUnfencedAfter: 1s}#{}#" policy.yaml
  watch $usual
  heard "tokyo-cluster is active"
  stop_database tokyo
  heard "ireland-cluster, token 1"
  cat log
  grep -q "way=stop" log
  [ -e stopped ]
  [ "$(role_in tokyo-cluster)" = "2 read-only,standby" ]
}

@test "while it is paused nothing fails over by itself, and status, plan and the metric say so" {
  run failover pause --reason "minor upgrade"
  exits 0
  says "production/active-standby-app: paused, nothing fails over by itself"
  watch $quick
  heard "tokyo-cluster is active"
  kill_tokyo
  heard "held-back.*it is paused by .*: minor upgrade"
  run failover status
  says "paused by "
  says ": minor upgrade; nothing fails over by itself"
  [ "$(failover status -o json | jq -r .paused.reason)" = "minor upgrade" ]
  not grep -q begun log
  run failover pause -o json
  [ "$(jq -c . <<<"$output")" = '{"paused":true,"policy":"production/active-standby-app","wasPaused":true}' ]
  run failover resume
  exits 0
  says "not paused any more, watch fails over again"
  heard "ireland-cluster, token 1"
}

@test "who reaches nobody is cut off himself, and decides nothing" {
  watch $quick
  heard "tokyo-cluster is active"
  kill_cluster ireland-cluster
  kill_tokyo
  heard "it is us who are cut off"
  not grep -q begun log
  "$testbed/up" ireland-cluster >/dev/null
}

@test "a vantage that sees it up outvotes us, and one that sees it down does not" {
  fedctl failover status policy.yaml -f app.yaml >/dev/null
  source "$testbed/lib.sh"
  port=$(free_port)
  echo "  health: {vantages: [{url: 'http://127.0.0.1:$port/view/production/active-standby-app'}]}" >>policy.yaml
  # The other watcher sees the active side through a policy of its own, in which Ireland is active.
  sed 's/clusters: .*/clusters: [ireland-cluster, tokyo-cluster]/; /^  health/d; /^  database/,/IRELAND/d' policy.yaml >other.yaml
  url=http://127.0.0.1:$(cat "$FEDCTL_TESTBED_DIR/etcd.port")/health
  echo "  health: {interval: 200ms, failureThreshold: 1, checks: [{apiServer: {}}, {http: {urls: {tokyo-cluster: \"$url\", ireland-cluster: \"$url\"}}}]}" >>other.yaml
  background bash -c "exec '$FEDCTL' failover watch other.yaml -f app.yaml --state other.json --listen 127.0.0.1:$port >>other.log 2>&1"
  other=$helper
  listening $port
  watch $quick
  heard "tokyo-cluster is active"
  kill_tokyo
  heard "1 of 2 vantages see tokyo-cluster down, and 1 see it up"
  not grep -q begun log
  kill $other
}

@test "of two one decides; the other goes on where the first was killed" {
  cat >die <<'EOF'
#!/bin/sh
[ -e died ] || { touch died; kill -9 $PPID; }
EOF
  chmod +x die
  echo "  hooks: [{after: promote, command: [./die]}]" >>policy.yaml
  watch $usual
  heard "tokyo-cluster is active"
  mv log first-log
  watch $usual
  heard "following"
  kill_tokyo
  heard "going on with the failover to ireland-cluster"
  heard "ireland-cluster, token 1"
  grep -q "begun" first-log
  [ "$(failover status -o json | jq -r '[.run.steps[] | select(.name | startswith("hook") | not) | .attempts] | max')" = 1 ]
}

@test "a run that was cut short waits for the policy by which it began, is told once, and goes on when that is put back" {
  printf '#!/bin/sh\n[ -e died ] || { touch died; kill -9 $PPID; }\n' >die
  chmod +x die
  echo "  hooks: [{after: promote, command: [./die]}]" >>policy.yaml
  watch $usual
  heard "tokyo-cluster is active"
  kill_tokyo
  for _ in $(seq 300); do [ -e died ] && break; sleep 0.1; done
  [ -e died ]
  cp policy.yaml before.yaml
  sed -i 's/ttl: 60/ttl: 30/' policy.yaml
  not cmp -s policy.yaml before.yaml
  mv log first-log
  watch $usual
  heard "the policy was changed"
  # It tries again meanwhile.
  sleep 3
  cp before.yaml policy.yaml
  heard "ireland-cluster, token 1"
  [ "$(grep -c "going on with the failover" log)" = 1 ]
  [ "$(answer)" = ireland-lb.example.com. ]
}

@test "who follows counts all the time, and takes over at once where the leader died beside it" {
  slow="--interval 2s --failure-threshold 4"
  watch $slow --notify-only
  leader=$watcher
  heard "tokyo-cluster is active"
  mv log first-log
  port=$(source "$testbed/lib.sh" && free_port)
  watch $slow --listen 127.0.0.1:$port
  heard "following"
  listening $port
  kill_tokyo
  heard "failing"
  for _ in $(seq 300); do [ "$(curl -s http://127.0.0.1:$port/view/production/active-standby-app)" = down ] && break; sleep 0.1; done
  [ "$(curl -s http://127.0.0.1:$port/view/production/active-standby-app)" = down ]
  not grep -q begun log
  SECONDS=0
  kill -9 $leader
  heard "begun"
  [ $SECONDS -le 4 ]
  heard "ireland-cluster, token 1"
  [ "$(failover status -o json | jq -r .run.token)" = 1 ]
}

@test "who follows does not write over what the leader saw" {
  watch $quick
  leader=$watcher
  heard "tokyo-cluster is active"
  mv log first-log
  watch $quick
  heard "following"
  for _ in $(seq 100); do find "$XDG_STATE_HOME" -name '*.json' | grep -q . && break; sleep 0.1; done
  kill -STOP $leader
  for _ in 1 2 3 4 5; do sql $tokyo_port 'INSERT INTO events DEFAULT VALUES' >/dev/null; done
  state=$(find "$XDG_STATE_HOME" -name '*.json')
  before=$(sha256sum <"$state")
  sleep 3
  [ "$(sha256sum <"$state")" = "$before" ]
  kill -CONT $leader
  kill $leader
  heard "tokyo-cluster is active"
  for _ in $(seq 50); do [ "$(sha256sum <"$state")" != "$before" ] && break; sleep 0.1; done
  [ "$(sha256sum <"$state")" != "$before" ]
}

@test "a changed policy is taken up; one that cannot be is told once, and the one before stays in force" {
  watch $usual
  heard "tokyo-cluster is active"
  echo "  health: {tolerate: 1s, agree: 2}" >>policy.yaml
  heard "policy .*taken up: .*tolerate"
  cp policy.yaml better.yaml
  echo "  fencing: [" >>policy.yaml
  heard "the policy was changed, and the one before stays in force"
  sleep 3
  [ "$(grep -c "the one before stays in force" log)" = 1 ]
  cp better.yaml policy.yaml
  echo "  hooks: [{after: promote, command: [./no-such-program]}]" >>policy.yaml
  heard "in force: .*there is no program ./no-such-program"
  kill_tokyo
  heard "ireland-cluster, token 1"
  cat log
  [ "$(grep -c "taken up" log)" = 1 ]
}

@test "checks that a changed policy leaves as they are go on counting" {
  port=$(source "$testbed/lib.sh" && free_port)
  watch --interval 2s --failure-threshold 6 --listen 127.0.0.1:$port
  heard "tokyo-cluster is active"
  kill_tokyo
  SECONDS=0
  for _ in $(seq 300); do curl -s http://127.0.0.1:$port/metrics | grep -q 'check_failures_total{check="postgres".* 4' && break; sleep 0.1; done
  echo "  health: {cooldown: 9m}" >>policy.yaml
  heard "taken up"
  heard "begun"
  # Six failures, two seconds between two of them; counted anew it would take ten more.
  [ $SECONDS -le 16 ]
}

@test "it tells people and programs, and Prometheus" {
  source "$testbed/lib.sh"
  port=$(free_port)
  printf '#!/bin/sh\ncat >>told\n' >tell
  chmod +x tell
  watch $usual --notify ./tell --listen 127.0.0.1:$port
  heard "tokyo-cluster is active"
  listening $port
  [ "$(curl -s http://127.0.0.1:$port/healthz)" = ok ]
  [ "$(curl -s http://127.0.0.1:$port/view/production/active-standby-app)" = up ]
  curl -s http://127.0.0.1:$port/metrics | grep 'fedctl_failover_active{cluster="tokyo-cluster",policy="production/active-standby-app"} 1'
  for _ in $(seq 50); do curl -s http://127.0.0.1:$port/metrics | grep -q 'fedctl_failover_lag_bytes{cluster="ireland-cluster"' && break; sleep 0.1; done
  kill_tokyo
  heard "ireland-cluster, token 1"
  curl -s http://127.0.0.1:$port/metrics >metrics
  grep 'fedctl_failover_active{cluster="ireland-cluster",policy="production/active-standby-app"} 1' metrics
  grep 'fedctl_failover_runs_total{outcome="done",policy="production/active-standby-app"} 1' metrics
  for _ in $(seq 50); do grep -q '"done"' told && break; sleep 0.1; done
  [ "$(jq -r .type told | tr '\n' ' ')" = "watching failing begun done " ]
}

@test "a primary that was left behind and comes back takes no writes" {
  watch $usual
  heard "tokyo-cluster is active"
  kill_tokyo
  heard "ireland-cluster, token 1"
  start_database tokyo
  heard "the database of tokyo-cluster came back as a primary that was left behind"
  run sql $tokyo_port 'INSERT INTO events DEFAULT VALUES'
  says "fenced_by_fedctl"
  sql $ireland_port 'INSERT INTO events DEFAULT VALUES'
}

@test "after a failover nothing is done by itself until the cooldown is over" {
  failover switchover --yes >/dev/null
  echo "  health: {cooldown: 10m}" >>policy.yaml
  port=$(source "$testbed/lib.sh" && free_port)
  watch $quick --listen 127.0.0.1:$port
  heard "ireland-cluster is active"
  stop_database ireland
  kill_cluster ireland-cluster
  heard "held-back"
  grep -Eq "the cooldown is 10m|cut off" log
  # It is told once, however long ago the last one is by now.
  held_back_often() { curl -s http://127.0.0.1:$port/metrics | grep -q 'held_back_total{.*} \([5-9]\|[1-9][0-9]\)'; }
  eventually held_back_often
  [ "$(grep -c "the cooldown is 10m" log)" -le 1 ]
  not grep -q begun log
  "$testbed/up" ireland-cluster >/dev/null
}

@test "--once ends when all is well, fails over when it is not, and says when it must not" {
  run failover watch --once --interval 100ms
  exits 0
  says "tokyo-cluster is active"
  kill_tokyo
  run failover watch --once --interval 100ms --notify-only
  exits 4
  says "watch only tells"
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = t ]
  run failover watch --once --interval 100ms
  exits 0
  says "tokyo-cluster -> ireland-cluster"
  [ "$(answer)" = ireland-lb.example.com. ]
}

@test "what watch cannot do is an error" {
  run fedctl failover watch
  exits 1
  says "POLICY is missing"
  run failover watch --listen nowhere
  exits 1
  one_error
  says "is no address to listen on"
  run failover watch --interval soon
  exits 1
  cp policy.yaml second.yaml
  run fedctl failover watch policy.yaml second.yaml -f app.yaml --state state.json
  exits 1
  one_error
  says "--state is for one policy"
}
