# Three real clusters with a slow network before each. Sourced by run, which has FEDCTL_TESTBED_DIR set and tests/testbed/lib.sh sourced.
clusters=(tokyo-cluster ireland-cluster virginia-cluster)
names=$(IFS=,; echo "${clusters[*]}")
round_trip=100

# bring_up WORK: the clusters, a kubeconfig in WORK that leads through toxiproxy, and a namespace `bench` in each.
bring_up() {
  local work=$1 control cluster near far stream
  tests/testbed/build toxiproxy
  tests/testbed/up --api-only "${clusters[@]}" >/dev/null
  cp "$FEDCTL_TESTBED_DIR/kubeconfig" "$work/kubeconfig"
  control=$(free_port)
  start "$work/toxiproxy.pid" "$work/toxiproxy.log" "$testbed_cache/bin/toxiproxy" -port "$control"
  wait_for toxiproxy "$work/toxiproxy.log" curl -sf "http://127.0.0.1:$control/version"
  for cluster in "${clusters[@]}"; do
    near=$(cat "$FEDCTL_TESTBED_DIR/$cluster/port") far=$(free_port)
    curl -sf "http://127.0.0.1:$control/proxies" -d "{\"name\": \"$cluster\", \"listen\": \"127.0.0.1:$far\", \"upstream\": \"127.0.0.1:$near\"}" >/dev/null
    for stream in upstream downstream; do
      curl -sf "http://127.0.0.1:$control/proxies/$cluster/toxics" \
        -d "{\"type\": \"latency\", \"stream\": \"$stream\", \"attributes\": {\"latency\": $((round_trip / 2))}}" >/dev/null
    done
    sed -i "s#127.0.0.1:$near#127.0.0.1:$far#" "$work/kubeconfig"
  done
  export KUBECONFIG=$work/kubeconfig
  make_namespaces
}

make_namespaces() {
  local cluster
  for cluster in "${clusters[@]}"; do
    request "$cluster" /api/v1/namespaces -X POST -H 'Content-Type: application/json' \
      -d '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bench"}}' >/dev/null
  done
}

# empty PATH...: deletes all objects of these collections from every cluster. No controller is there that would.
empty() {
  local cluster path
  for cluster in "${clusters[@]}"; do
    for path in "$@"; do request "$cluster" "$path" -X DELETE >/dev/null; done
  done
}
