# shellcheck shell=bash disable=SC2154,SC2034  # The names of bed.bash and failover.
# One round: a fault between two sides under writers, whoever decides meanwhile, what comes of it, and the audits.

complain() { problem=${problem:+$problem; }$1; }
# try WHAT COMMAND...: complains where it fails.
try() { local what=$1; shift; "$@" >>round.log 2>&1 || complain "$what"; }
# soon COMMAND...: repeats it until it succeeds, for at most 45 seconds of the clock, however busy the machine is.
soon() {
  local until=$((EPOCHSECONDS + 45))
  while [ "$EPOCHSECONDS" -lt $until ]; do "$@" 2>/dev/null && return; sleep 0.2; done
  echo "never: $*" >&2
  return 1
}
has() { declare -F "$1" >/dev/null; }

state() { failover status -o json 2>/dev/null; }
# The host's own word, whatever the ways to the sides are like.
state_in_host() { value host-cluster "/api/v1/namespaces/$system/configmaps/failover.$policy_name" '.data.state // "{}" | fromjson'; }
active_side() { local active; active=$(state_in_host | jq -r '.active // ""') && active=${active:-tokyo-cluster} && echo "${active%-cluster}"; }
# switched: is the other side the active one, by a run that is over?
switched() { [ "$(state_in_host | jq -r '[.active, .run.state] | join(" ")')" = "$to-cluster done" ]; }
is_over() { [ "$(state_in_host | jq -r '.run.state // "done"')" != running ]; }
look_once() { failover status >/dev/null; }
# streams SIDE: does its database replay the timeline of the active one?
streams() {
  [ "$(state | jq -r --arg side "$1-cluster" '[.sides[] | select(.cluster == $side).database | .inRecovery, .streams] | join(" ")')" = "true true" ]
}

begin_writing() {
  touch writing
  "$chaos/writers.py" writing "tokyo=$tokyo_port,$(pooler_port_of tokyo)" "ireland=$ireland_port,$(pooler_port_of ireland)" >writes 2>writers.log &
  writers=$!
  soon was_written "$from" 0
}
end_writing() {
  rm -f writing
  wait "$writers" || true
}
# was_written SIDE SINCE: was a write to it acknowledged that was sent after this moment?
was_written() { awk -F '\t' -v side="$1" -v since="$2" '$3 == side && $2 != "" && $1 > since {found = 1} END {exit !found}' writes; }

# What decides while the fault lasts.
decide() {
  case $decider in
    watch)
      if [ "$outcome" = moves ]; then soon switched || true; else sleep $((ttl + 4)); fi
      ;;
    # What is not known is accepted, for it is audited; a refusal for another reason is no fault.
    run) failover run --yes --accept-data-loss unknown >>run.log 2>&1 || true ;;
    switchover) failover switchover --yes >>run.log 2>&1 || true ;;
  esac
}

# Whatever was begun is gone on with or undone, and the database that was left is taken up again by its supervisor.
settle() {
  [ "$decider" != watch ] || soon is_over || true
  end_watch watch
  if ! is_over; then
    echo "settling" >>run.log
    failover run --resume --yes --accept-data-loss unknown >>run.log 2>&1 || failover abort --yes >>run.log 2>&1 || true
  fi
  is_over || complain "the run can neither be gone on with nor undone: $(tail -1 run.log)"
  active=$(active_side)
  is_up "$active" || try "the database of $active does not start" start_database "$active"
}

revive_guards() {
  local side
  for side in "${sides[@]}"; do running "guard-$side.pid" || start_guard "$side"; done
}

# Everything streams within a minute, by `repair` alone.
audit_streams() {
  local standby
  standby=$(other_of "$active")
  failover repair --yes --accept-data-loss unknown >repair.log 2>&1 || complain "repair failed: $(tail -1 repair.log)"
  SECONDS=0
  until streams "$standby"; do
    [ $SECONDS -lt 60 ] || { complain "$standby does not stream after a minute"; return 0; }
    sleep 0.2
  done
}

audit_writes() {
  local about=(--writes writes --there there --from "$from" --to "$to")
  [ "$active" = "$from" ] || about+=(--run run.json --wal "wal-$from" --failed-at "$failed_at")
  audited=$("$chaos/audit.py" "${about[@]}" 2>>round.log) || complain "the audit failed"
}

# play FAULT: sets $audited and $problem.
play() {
  local since log
  read -r fault decider outcome < <(row_of "$1")
  problem='' audited='' failed_at=0 watch_clock='' run_clock='' active=$from
  rm -rf wal-tokyo wal-ireland run.json watch.log watch-2.log
  for log in round.log run.log fault.log rejoin.log there; do : >$log; done
  touch began
  draw policy.yaml policy.yaml policy-stop.yaml
  policy=$drawn
  ! has "prepare_$fault" || "prepare_$fault" >>round.log 2>&1
  begin_writing || complain "$from takes no writes"
  if [ "$decider" = watch ]; then
    start_watch watch
    soon grep -q "is active" watch.log || complain "watch does not begin"
    sleep 1
  fi
  "begin_$fault" >>round.log 2>&1 || complain "begin_$fault failed"
  decide
  ! has "end_$fault" || "end_$fault" >>round.log 2>&1 || complain "end_$fault failed"
  settle
  revive_guards
  since=$(now)
  soon was_written "$active" "$since" || complain "$active takes no writes"
  end_writing
  state_in_host | jq .run >run.json
  sql_past_fence "$(port_of "$active")" "SELECT tag FROM marks" >there || complain "the database of $active does not answer"
  case $outcome-$active in moves-"$from" | stays-"$to") complain "$active is active" ;; esac
  audit_streams
  audit_writes
}

# keep_evidence FOLDER: what the round left, and the end of what the servers said.
keep_evidence() {
  local side
  mkdir -p "$1"
  cp -r writes there ./*.log run.json policy*.yaml wal-* "$1" 2>/dev/null || true
  for side in "${sides[@]}"; do tail -n 3000 "$databases/$side.log" >"$1/database-$side.log"; done
  state_in_host >"$1/state.json"
}
