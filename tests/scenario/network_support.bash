# A network that can be cut, for the scenarios: toxiproxy in front of clusters and databases.

# start_network FOLDER: toxiproxy; its control port is in $network.
start_network() {
  source "$testbed/lib.sh"
  "$testbed/build" toxiproxy >/dev/null
  network=$(free_port)
  start "$1/toxiproxy.pid" "$1/toxiproxy.log" "$testbed_cache/bin/toxiproxy" -port "$network"
  wait_for toxiproxy "$1/toxiproxy.log" curl -sf "http://127.0.0.1:$network/version"
}
stop_network() { source "$testbed/lib.sh"; stop "$1/toxiproxy.pid"; }

# way NAME PORT: a way to PORT that can be cut, in place of one of that name; prints the port to use instead.
way() {
  source "$testbed/lib.sh"
  local port
  port=$(free_port)
  curl -s "http://127.0.0.1:$network/proxies/$1" -X DELETE >/dev/null
  curl -sf "http://127.0.0.1:$network/proxies" -d "{\"name\": \"$1\", \"listen\": \"127.0.0.1:$port\", \"upstream\": \"127.0.0.1:$2\"}" >/dev/null
  listening "$port"
  echo "$port"
}

# poison NAME TYPE ATTRIBUTES: from now on what goes there either way meets this toxic of toxiproxy.
poison() {
  local stream
  for stream in upstream downstream; do
    curl -sf "http://127.0.0.1:$network/proxies/$1/toxics" \
      -d "{\"name\": \"hole-$stream\", \"type\": \"$2\", \"stream\": \"$stream\", \"attributes\": $3}" >/dev/null
  done
}

# cut_off NAME...: from now on nothing gets through, and nobody is told: a black hole.
cut_off() {
  local name
  for name in "$@"; do poison "$name" timeout '{"timeout": 0}'; done
}

# refuse NAME: nobody listens there from now on, and all connections are gone.
refuse() { curl -sf "http://127.0.0.1:$network/proxies/$1" -X POST -d '{"enabled": false}' >/dev/null; }

# lead NAME PORT: the way leads to this port from now on.
lead() { curl -sf "http://127.0.0.1:$network/proxies/$1" -X POST -d "{\"upstream\": \"127.0.0.1:$2\", \"enabled\": true}" >/dev/null; }

# heal NAME...: all is well again; connections that were in the hole are gone.
heal() {
  local name
  for name in "$@"; do
    curl -sf "http://127.0.0.1:$network/proxies/$name" -X POST -d '{"enabled": false}' >/dev/null
    for stream in upstream downstream; do
      curl -s "http://127.0.0.1:$network/proxies/$name/toxics/hole-$stream" -X DELETE >/dev/null
    done
    curl -sf "http://127.0.0.1:$network/proxies/$name" -X POST -d '{"enabled": true}' >/dev/null
  done
}

# sides_through_the_network FOLDER: everybody but the guards reaches the API servers of the two sides by ways that can be cut; each guard
# reaches the host by a way of its own, with the kubeconfig-SIDE in the folder.
sides_through_the_network() {
  local side port near
  cp "$KUBECONFIG" "$1/kubeconfig"
  for side in tokyo ireland; do
    near=$(cat "$FEDCTL_TESTBED_DIR/$side-cluster/port")
    port=$(way $side-api "$near")
    sed -i "s#127.0.0.1:$near#127.0.0.1:$port#" "$1/kubeconfig"
    near=$(cat "$FEDCTL_TESTBED_DIR/host-cluster/port")
    port=$(way $side-to-host "$near")
    sed "s#127.0.0.1:$near#127.0.0.1:$port#" "$KUBECONFIG" >"$1/kubeconfig-$side"
  done
  export KUBECONFIG=$1/kubeconfig
}
