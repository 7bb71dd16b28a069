#!/usr/bin/env bats
# How watch begins, answers and ends: not without what its policy needs, and at a signal whatever it waits for. No clusters: what it watches are
# small servers of the test's, or nobody.

setup() {
  load support
  in_own_folder
  cp "$FEDCTL_SOURCE/examples/active-standby-app.yaml" app.yaml
  printf 'clusters:\n- {name: k, cluster: {server: "http://127.0.0.1:1"}}\ncontexts:\n- {name: tokyo-cluster, context: {cluster: k}}\n- {name: ireland-cluster, context: {cluster: k}}\n- {name: host-cluster, context: {cluster: k}}\n' >kubeconfig
  export KUBECONFIG=kubeconfig TOKYO_DATABASE=postgres://127.0.0.1:1/postgres IRELAND_DATABASE=postgres://127.0.0.1:1/postgres
  sed "s|    route53:.*|    exec: {command: ['true']}|" "$FEDCTL_SOURCE/examples/failover-policy.yaml" >policy.yaml
}

teardown() { for one in ${helpers:-}; do kill "$one" 2>/dev/null || true; done; }

@test "watch always ends on SIGTERM and SIGINT, at any moment, and does not spin until it does" {
  python3 "$BATS_TEST_DIRNAME/stop_watch.py" "$FEDCTL" 20 >ended
  cat ended
  [ "$(sort ended | uniq -c | tr -s ' ')" = " 20 exit 0" ]
}

@test "watch ends within a second, though a database is silent, a URL never answers and a program does not end" {
  printf '#!/bin/sh\ntrap "" TERM\nsleep 30\n' >hang
  chmod +x hang
  port=$(source "$testbed/lib.sh" && free_port)
  background python3 -c "import socket, time; s = socket.create_server(('127.0.0.1', $port), backlog=100); time.sleep(60)"
  helpers=$helper
  listening $port
  python3 "$BATS_TEST_DIRNAME/stop_watch.py" "$FEDCTL" 3 1 --notify ./hang --notify http://127.0.0.1:$port/ >ended
  cat ended
  [ "$(sort ended | uniq -c | tr -s ' ')" = " 3 exit 0" ]
}

@test "what cannot be asked is an error before watch starts" {
  export TOKYO_DATABASE="no connection string" IRELAND_DATABASE="host=127.0.0.1 port=1 sslmode=verify-full sslrootcert=/no/such/file"
  echo "  health: {vantages: [{cluster: ireland-cluster}]}" >>policy.yaml
  run fedctl failover watch policy.yaml -f app.yaml --state state.json
  exits 1
  says "database.postgres.sides.tokyo-cluster.connection: this is no PostgreSQL connection string"
  says "database.postgres.sides.ireland-cluster.connection: the file /no/such/file that the connection string names cannot be read"
  says "health.vantages: a Pod in ireland-cluster would ask the http check, and there is none"
  says_not "is active"
  export TOKYO_DATABASE=postgres://127.0.0.1:1/postgres IRELAND_DATABASE=postgres://127.0.0.1:1/postgres
  sed -i '/^  health/d' policy.yaml
  echo "  hooks: [{after: promote, url: example.com}]" >>policy.yaml
  run fedctl failover watch policy.yaml -f app.yaml --state state.json
  exits 1
  says "a hook's url begins with http:// or https://"
}

@test "watch and guard do not start without what the policy needs, and name all of it" {
  unset TOKYO_DATABASE
  printf "  fencing: {exec: {command: [./fence]}, guard: {ttl: 30s}}\n  hooks: [{after: promote, command: [no-such-program]}]\n" >>policy.yaml
  run fedctl failover watch policy.yaml -f app.yaml --state state.json --notify ./page
  exits 1
  says "database.postgres.sides.tokyo-cluster.connection: the environment variable TOKYO_DATABASE is not set"
  says "fencing.exec: there is no program ./fence"
  says "hooks[0]: there is no program no-such-program"
  says "--notify: there is no program ./page"
  says_not "is active"
  run fedctl failover guard policy.yaml --host-cluster-context host-cluster --side tokyo-cluster
  exits 1
  says "the environment variable TOKYO_DATABASE is not set"
}

@test "the health signal answers within a second while two hundred slow connections of one address are open" {
  port=$(source "$testbed/lib.sh" && free_port)
  background "$FEDCTL" failover watch policy.yaml -f app.yaml --state state.json --listen 127.0.0.1:$port
  helpers=$helper
  listening $port
  background python3 "$BATS_TEST_DIRNAME/slow_clients.py" $port 200
  helpers+=" $helper"
  for _ in $(seq 100); do [ -e slow ] && break; sleep 0.1; done
  for from in 127.0.0.1 127.0.0.2; do
    for path in /healthz /view/production/active-standby-app /metrics; do
      for _ in 1 2 3 4 5; do
        curl -sS --max-time 1 --interface $from -o /dev/null -w "%{http_code}\n" http://127.0.0.1:$port$path
      done
    done
  done >answers
  cat answers
  [ "$(grep -c -e 200 -e 503 answers)" = 30 ]
}
