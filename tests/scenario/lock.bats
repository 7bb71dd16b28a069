#!/usr/bin/env bats
# Applies that meet, and applies that are killed.

setup_file() { load support; start_clusters; forget production; }
setup() {
  load support
  in_own_folder
  maps=/api/v1/namespaces/production/configmaps
  lease=/apis/coordination.k8s.io/v1/namespaces/default/leases
}
now() { date -u +%Y-%m-%dT%H:%M:%S.000000Z; }

# input COUNT VALUE: a namespace, and so many ConfigMaps.
input() {
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: production}\n'
  for i in $(seq "$1"); do
    printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: map-%s, namespace: production}\ndata: {value: "%s"}\n' "$i" "$2"
  done
}

@test "who holds a cluster's lock is waited for, and named when the wait is over; the other clusters' locks are free meanwhile" {
  input 1 a >input.yaml
  api ireland-cluster $lease/fedctl -X DELETE >/dev/null
  create ireland-cluster $lease "{\"metadata\": {\"name\": \"fedctl\", \"annotations\": {\"fedctl.io/operation\": \"apply\"}}, \"spec\": {\"holderIdentity\": \"alice@laptop/1\", \"leaseDurationSeconds\": 3600, \"acquireTime\": \"$(now)\", \"renewTime\": \"$(now)\"}}"
  run fedctl apply -f input.yaml $contexts --yes --lock-timeout 1s
  exits 4
  one_error
  says "ireland-cluster: alice@laptop/1 (apply) is at work on this cluster since"
  [ "$(value tokyo-cluster $lease/fedctl .spec.holderIdentity)" = "" ]
  [ "$(value tokyo-cluster $maps/map-1 .code)" = 404 ]
  run fedctl apply -f input.yaml --contexts tokyo-cluster --yes
  exits 0
  run fedctl apply -f input.yaml $contexts --yes --lock=false
  exits 0
  (sleep 1; meddle ireland-cluster $lease/fedctl '{"spec": {"holderIdentity": ""}}') 3>&- &
  run fedctl apply -f input.yaml $contexts --yes
  exits 0
  says "waiting for alice@laptop/1 (apply), at work on ireland-cluster"
}

@test "two applies at once go one after the other, and the last one wins whole" {
  input 40 left >left.yaml
  input 40 right >right.yaml
  ("$FEDCTL" apply -f left.yaml $contexts --yes >left.log 2>&1; echo "exit $?" >>left.log) 3>&- &
  ("$FEDCTL" apply -f right.yaml --contexts virginia-cluster,ireland-cluster,tokyo-cluster --yes >right.log 2>&1; echo "exit $?" >>right.log) 3>&- &
  wait
  [ "$(tail -1 left.log)" = "exit 0" ]
  [ "$(tail -1 right.log)" = "exit 0" ]
  winners=$(for c in "${three[@]}"; do value $c $maps '.items[].data.value // empty'; done | sort | uniq -c)
  [[ $winners =~ ^\ *120\ (left|right)$ ]]
}

@test "killed at any moment, fifty times, one apply converges with nothing extra and nothing lost" {
  input 60 before >before.yaml
  fedctl apply -f before.yaml $contexts --set killed --yes >/dev/null
  input 50 after | sed 's/name: map-2,/name: other,/' >after.yaml
  for i in $(seq 50); do
    "$FEDCTL" apply -f after.yaml $contexts --set killed --prune --yes --max-deletes 100% >/dev/null 2>&1 3>&- &
    victim=$!
    sleep "0.$((RANDOM % 40 + 10))"
    kill -9 $victim 2>/dev/null || true
    wait $victim 2>/dev/null || true
    [ $((i % 2)) = 0 ] || fedctl apply -f before.yaml $contexts --set killed --yes >/dev/null 2>&1
  done
  run fedctl apply -f after.yaml $contexts --set killed --prune --yes --max-deletes 100%
  exits 0
  for c in "${three[@]}"; do
    [ "$(value $c $maps '[.items[] | select(.data.value)] | length')" = 50 ]
    [ "$(value $c $maps '[.items[].data.value | select(. == "after")] | length')" = 50 ]
    [ "$(value $c $maps/other .data.value)" = after ]
    [ "$(value $c $maps/map-2 .code)" = 404 ]
  done
  run fedctl plan -f after.yaml $contexts --set killed --prune --detailed-exitcode
  exits 0
  says "No changes."
  for c in "${three[@]}"; do api $c /api/v1/namespaces/default/configmaps/killed -X DELETE >/dev/null; done
}
