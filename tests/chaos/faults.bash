# shellcheck shell=bash disable=SC2154,SC2034  # The names of bed.bash and failover.
# The faults of the rounds. begin_NAME makes one, between the sides $from, which is active, and $to; end_NAME undoes it, where there is
# something to undo. prepare_NAME comes before anybody writes. `failed_at` is when the side failed, so that nobody looks at it any more.
# The table says who decides meanwhile, and what must come of it:
#   watch, run, switchover: that command; itself: begin_NAME does all there is to do
#   moves: the other side is active afterwards; stays: it is not; either: both are right, as long as the audits find nothing
faults=(
  "switchover           switchover moves"
  "alive                run        moves"
  "killed               watch      moves"
  "database-killed      watch      moves"
  "run-killed           itself     either"
  "stands-still         run        moves"
  "guard-stands-still   run        moves"
  "guard-was-still      run        either"
  "watch-stands-still   watch      moves"
  "full                 run        either"
  "password             itself     either"
  "clocks               watch      moves"
  "slow-disk            switchover moves"
  "slow-new-disk        switchover moves"
  "api-errors           run        either"
  "cut-side             watch      moves"
  "cut-control          watch      stays"
  "cut-api              watch      stays"
  "cut-database         watch      stays"
  "cut-new-api          watch      stays"
  "cut-new-database     watch      stays"
  "cut-guard            watch      either"
  "cut-standby          watch      stays"
  "cut-standby-killed   watch      moves"
  "slow-control         run        either"
  "slow-api             switchover either"
  "slow-database        switchover either"
  "slow-new-api         run        either"
  "slow-new-database    switchover either"
  "slow-guard           run        either"
  "slow-standby         switchover either"
)
# What CI runs, in about two minutes.
short=(switchover clocks stands-still cut-standby-killed full guard-stands-still)

# The programs that a fault needs beside those of the scenarios.
needs_of() {
  case $1 in
    clocks) echo "$faketime" ;;
    slow-disk | slow-new-disk) command -v cc || echo cc ;;
  esac
}

now() { date +%s.%N; }
# draw CHOICE...: sets $drawn. A subshell would draw by a seed of its own.
draw() { local choices=("$@"); drawn=${choices[RANDOM % ${#choices[@]}]}; }
tenths() { sleep "0.$((RANDOM % 10))"; }

# signal_server SIGNAL SIDE: to all processes of its database.
signal_server() {
  local server processes
  server=$(server_of "$2") || return 0
  mapfile -t processes < <(echo "$server"; pgrep -P "$server")
  kill "-$1" "${processes[@]}" 2>/dev/null || true
}
kill_guard() { kill -KILL "$(cat "guard-$1.pid")"; rm "guard-$1.pid"; }

# The region is gone: who asks it hears nothing, and nothing of it runs.
kill_region() {
  failed_at=$(now)
  cut_off "$1-api" "$1-database"
  kill_guard "$1"
  stop_database "$1"
}
bury_region() { heal "$1-api" "$1-database"; }

begin_switchover() { tenths; }
begin_alive() { tenths; }

begin_killed() { kill_region "$from"; }
end_killed() { bury_region "$from"; }

# Its own host refuses connections then, and so must the way to it.
begin_database-killed() { failed_at=$(now); stop_database "$from"; refuse "$from-database"; }
end_database-killed() { heal "$from-database"; }

# A run that is killed anywhere is gone on with, or there is none to go on with.
begin_run-killed() {
  local run
  "$FEDCTL" failover switchover "$policy" "${at_host[@]}" --yes &
  run=$!
  sleep "$((RANDOM % 3)).$((RANDOM % 10))"
  kill -KILL $run || true
  wait $run || true
}

begin_stands-still() { look_once; failed_at=$(now); signal_server STOP "$from"; }
end_stands-still() { signal_server CONT "$from"; }

begin_guard-stands-still() { kill -STOP "$(cat "guard-$from.pid")"; tenths; }
end_guard-stands-still() { kill -CONT "$(cat "guard-$from.pid")"; }
# Its Lease has run out while the primary was seen, so that nobody may believe it once the side is cut off.
begin_guard-was-still() {
  kill -STOP "$(cat "guard-$from.pid")"
  sleep $((ttl + 3))
  look_once
  failed_at=$(now)
  cut_off "$from-api" "$from-database" "$from-to-host"
}
end_guard-was-still() {
  heal "$from-api" "$from-database" "$from-to-host"
  end_guard-stands-still
}

begin_watch-stands-still() {
  start_watch watch-2
  soon grep -q following watch-2.log
  kill -STOP "$(cat watch.pid)"
  sleep 1
  kill_region "$from"
}
end_watch-stands-still() {
  bury_region "$from"
  kill -CONT "$(cat watch.pid)"
  sleep 1
  end_watch watch-2
}

begin_full() {
  touch filling
  "$chaos/fill.py" filling "host=127.0.0.1 port=$(port_of "$from") user=app dbname=postgres" 60 >fill.log 2>&1 &
  filler=$!
  soon full
  failed_at=$(now)
}
full() { ! psql -X -h 127.0.0.1 -p "$(port_of "$from")" -U app -d postgres -Atc 'SELECT 1' 2>/dev/null >&2; }
end_full() { rm -f filling; wait "$filler" || true; }

# It is changed while a switchover is under way, and fedctl is told later.
begin_password() {
  local run
  failover switchover --yes &
  run=$!
  sleep "0.$((RANDOM % 10))"
  ! set_password "changed-$round" || echo "password: changed" >>fault.log
  wait $run || true
  sleep $((ttl + 1))
}
end_password() {
  local side
  know_password
  for side in "${sides[@]}"; do restart_guard "$side"; done
}
# restart_guard SIDE [OFFSET]
restart_guard() {
  stop "guard-$1.pid"
  start_guard "$@"
}

# Each has a clock of its own. Nobody can be behind the certificates, which a young test bed has just made.
prepare_clocks() {
  local side choices=(+10m +9m +0m) age
  age=$(($(date +%s) - $(stat -c %Y "$FEDCTL_TESTBED_DIR/pki/ca.crt")))
  [ $age -lt 660 ] || choices=(+10m -10m +0m)
  for side in "${sides[@]}"; do
    draw "${choices[@]}"
    restart_guard "$side" "$drawn"
  done
  for side in "${sides[@]}"; do soon guards "$side"; done
  draw "${choices[@]}"
  watch_clock=$drawn
  draw "${choices[@]}"
  run_clock=$drawn
  echo "clocks: watch $watch_clock, by hand $run_clock" >>fault.log
}
begin_clocks() { kill_region "$from"; }
end_clocks() {
  bury_region "$from"
  watch_clock='' run_clock=''
  restart_guard "$to"
}

# slow_down SIDE MILLISECONDS: what each wait for its disk takes.
slow_down() { echo "$2" >"$disks/$1"; chmod 644 "$disks/$1"; sleep 1; }
begin_slow-disk() { draw 50 100 200; slow_down "$from" "$drawn"; }
end_slow-disk() { rm "$disks/$from"; }
begin_slow-new-disk() { draw 50 100 200; slow_down "$to" "$drawn"; }
end_slow-new-disk() { rm "$disks/$to"; }

begin_api-errors() {
  local near
  draw host "$to" "$from"
  sick=$drawn
  near=$(cat "$FEDCTL_TESTBED_DIR/$sick-cluster/port")
  port=$(free_port)
  start proxy.pid proxy.log python3 "$BATS_TEST_DIRNAME/proxy.py" "$port" "$near" "$FEDCTL_TESTBED_DIR/pki" errors-15 tls
  listening "$port"
  lead "$sick-api" "$port"
}
end_api-errors() {
  lead "$sick-api" "$(cat "$FEDCTL_TESTBED_DIR/$sick-cluster/port")"
  stop proxy.pid
}

# Partitions: black holes, or connections that are reset.
ways_of() {
  case $1 in
    side) echo "$from-api $from-database $from-to-host $from-replication" ;;
    control) echo host-api ;;
    api) echo "$from-api" ;;
    database) echo "$from-database" ;;
    new-api) echo "$to-api" ;;
    new-database) echo "$to-database" ;;
    guard) echo "$from-to-host" ;;
    standby) echo "$from-replication" ;;
  esac
}
poison_pair() {
  local way
  read -ra ways < <(ways_of "$1")
  echo "$1: $drawn" >>fault.log
  for way in "${ways[@]}"; do poison "$way" "${drawn% *}" "${drawn#* }"; done
}
separate() {
  draw 'timeout {"timeout":0}' 'timeout {"timeout":500}' 'reset_peer {"timeout":0}' 'reset_peer {"timeout":300}'
  failed_at=$(now)
  poison_pair "$1"
}
hamper() {
  draw 'latency {"latency":150,"jitter":50}' 'latency {"latency":600,"jitter":400}' 'bandwidth {"rate":20}'
  poison_pair "$1"
}
mend() { heal "${ways[@]}"; }
for pair in side control api database new-api new-database guard standby; do
  eval "begin_cut-$pair() { separate $pair; }; end_cut-$pair() { mend; }; begin_slow-$pair() { hamper $pair; }; end_slow-$pair() { mend; }"
done

# What the standby did not receive is lost, and has to be told.
begin_cut-standby-killed() {
  separate standby
  sleep "$((1 + RANDOM % 3)).$((RANDOM % 10))"
  kill_region "$from"
}
end_cut-standby-killed() { mend; bury_region "$from"; }
