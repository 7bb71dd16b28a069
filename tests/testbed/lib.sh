# Where the test bed lives, and the few things up and down share. Sourced, never run.
testbed_source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
testbed_cache=${FEDCTL_TESTBED_CACHE:-$HOME/.cache/fedctl/testbed}
testbed_state=${FEDCTL_TESTBED_DIR:-$testbed_cache/run}
testbed_kubeconfig=$testbed_state/kubeconfig
kubernetes_version=1.36.3

fail() { echo "testbed: $*" >&2; exit 1; }

# alone COMMAND...: runs it without the descriptors that its parents opened (a lock, a test runner's pipes), which would
# otherwise stay open for as long as it lives.
alone() {
  local descriptor
  for descriptor in /proc/self/fd/*; do
    descriptor=${descriptor##*/}
    [ "$descriptor" -le 2 ] || eval "exec $descriptor>&-"
  done
  exec "$@"
}

# start PIDFILE LOGFILE COMMAND...: runs it detached from our terminal and remembers its process id.
start() {
  local pidfile=$1 log=$2
  shift 2
  (alone setsid "$@") >"$log" 2>&1 </dev/null &
  echo $! >"$pidfile"
}

running() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

# stop PIDFILE: ends that process and waits until it is gone.
stop() {
  local pidfile=$1 pid
  [ -s "$pidfile" ] || return 0
  pid=$(cat "$pidfile")
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  kill -9 -- "-$pid" 2>/dev/null || true
  rm -f "$pidfile"
}

# wait_for WHAT LOGFILE COMMAND...: until the command succeeds, 60 seconds at most.
wait_for() {
  local what=$1 log=$2
  shift 2
  for _ in $(seq 600); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  tail -5 "$log" >&2
  fail "$what did not come up within 60 seconds; its log is $log"
}

# free_port: one that nobody listens on, below the range the kernel gives to clients.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    grep -qsx "$port" "${testbed_state%-failover}"*/*/port || (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# request CLUSTER PATH [CURL-ARGUMENT...]: one request as the administrator, which fails where the answer is an error.
request() {
  local cluster=$1 path=$2
  shift 2
  curl -sSf --cacert "$testbed_state/pki/ca.crt" --cert "$testbed_state/pki/admin.crt" --key "$testbed_state/pki/admin.key" \
    "https://127.0.0.1:$(cat "$testbed_state/$cluster/port")$path" "$@"
}
