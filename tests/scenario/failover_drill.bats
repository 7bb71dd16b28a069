#!/usr/bin/env bats
# Practising, and coming back: two clusters and two streaming databases that a program makes standbys again.
bats_require_minimum_version 1.5.0

setup_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; }
teardown_file() { load support; "$testbed/up" tokyo-cluster ireland-cluster >/dev/null; forget_in "tokyo-cluster ireland-cluster" production; }

setup() {
  load support
  load failover_support
  in_own_folder
  start_application
  write_rejoin
  sed -i "s#{connection: {env: \(.*\)_DATABASE}}#{connection: {env: \1_DATABASE}, rejoin: {command: [$PWD/rejoin]}}#" policy.yaml
}
teardown() { stop_application; }

@test "a drill goes there and back, and its report says what a writer saw" {
  touch probing
  "$BATS_TEST_DIRNAME/write_to_both.py" probing "tokyo=$TOKYO_DATABASE" "ireland=$IRELAND_DATABASE" >written 3>&- 4>&- &
  probe=$!
  run --separate-stderr failover drill --yes --html drill.html -o json
  echo "$stderr"
  exits 0
  rm probing
  wait $probe
  echo "$output" >report.json
  [ "$(jq -r '.legs | map(.from + " " + .to) | join(", ")' report.json)" = "tokyo-cluster ireland-cluster, ireland-cluster tokyo-cluster" ]
  [ "$(jq '.lostWrites == 0 and .twoWriters == false and .kept.rto and .kept.rpo' report.json)" = true ]
  [ "$(role_in tokyo-cluster)" = "10 read-write,primary" ]
  [ "$(answer)" = tokyo-lb.example.com. ]
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = t ]
  # Our own stopwatch: the longest time without an accepted write, which another probe with another pace saw.
  gap=$(sort -n written | awk '{ if (NR > 1 && $2 - last > longest) longest = $2 - last; last = $2 } END { print longest }')
  jq -r .writeGapSeconds report.json | awk -v gap="$gap" '{ difference = $1 - gap; if (difference < 0) difference = -difference; print "report " $1 ", stopwatch " gap; exit difference > 0.3 }'
  grep -q "<svg" drill.html
  grep -q "The longest time without a write" drill.html
  run failover status
  says "last drill: switchover"
  run failover drill --simulate
  exits 0
  says "nothing was changed"
  says "the steps took"
}

@test "simulated it changes nothing, and says what would be refused" {
  run failover drill --simulate
  exits 0
  says "Simulated drill of production/active-standby-app: tokyo-cluster -> ireland-cluster"
  [ "$(role_in ireland-cluster)" = "2 read-only,standby" ]
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = t ]
  stop_database ireland fast
  run failover drill --simulate
  exits 4
  says "would be refused: the database of ireland-cluster cannot be asked"
}

@test "without programs that make a database a standby again it is refused, or stays where it went" {
  policy_with ''
  run failover drill --yes
  exits 4
  one_error
  says "nothing makes the database of tokyo-cluster a standby again"
  [ "$(sql $ireland_port 'SELECT pg_is_in_recovery()')" = t ]
  run failover drill --yes --one-way
  exits 0
  says "RTO: "
  [ "$(role_in ireland-cluster)" = "10 read-write,primary" ]
}

@test "back: Tokyo returns from the dead, is made a standby, catches up, and is active again" {
  policy_with '{proceedUnfencedAfter: 100ms}'
  failover status >/dev/null
  kill_tokyo
  run failover run --yes
  exits 0
  "$testbed/up" tokyo-cluster ireland-cluster >/dev/null
  start_database tokyo
  run failover back --yes --window 1s
  exits 4
  says "its database must be made a standby of ireland-cluster first (it is a primary of its own), by hand:"
  says "pg_rewind -D"
  sed -i "s#{connection: {env: \(.*\)_DATABASE}}#{connection: {env: \1_DATABASE}, rejoin: {command: [$PWD/rejoin]}}#" policy.yaml
  sql $tokyo_port 'INSERT INTO events DEFAULT VALUES' >/dev/null
  run failover back --yes --window 1s
  exits 4
  one_error
  says "never got, and rejoining throws them away"
  run failover back --yes --window 1s --accept-data-loss unknown
  exits 0
  says "caught-up"
  [ "$(role_in tokyo-cluster)" = "10 read-write,primary" ]
  [ "$(answer)" = tokyo-lb.example.com. ]
  [ "$(sql $tokyo_port 'SELECT pg_is_in_recovery(), count(*) FROM events')" = "f|0" ]
  run failover back --yes
  exits 4
  says "tokyo-cluster is the active cluster already"
}

@test "switchovers under load, there and back, lose no row" {
  touch writing written
  (while [ -e writing ]; do psql -X "host=127.0.0.1,127.0.0.1 port=$tokyo_port,$ireland_port user=postgres dbname=postgres target_session_attrs=read-write" -Atc 'INSERT INTO events DEFAULT VALUES RETURNING id' || true; done >written 2>/dev/null) 3>&- 4>&- &
  writer=$!
  for _ in $(seq "${FEDCTL_ROUNDS:-2}"); do
    before=$(wc -l <written)
    for _ in $(seq 100); do [ "$(wc -l <written)" -gt $((before + 5)) ] && break; sleep 0.1; done
    run failover switchover --yes
    exits 0
  done
  end_writer
  active=$(failover status -o json | jq -r .active)
  if [ "$active" = tokyo-cluster ]; then port=$tokyo_port; else port=$ireland_port; fi
  [ "$(lost_in $port)" = 0 ]
}
