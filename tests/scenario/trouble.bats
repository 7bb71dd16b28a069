#!/usr/bin/env bats
# Bad input and broken clusters: one error with its place, and nothing changed anywhere.

setup_file() { load support; start_clusters; forget trouble; }
setup() { load support; in_own_folder; cp "$FEDCTL_SOURCE/examples/federated-web-app.yaml" web.yaml; sed -i 's/production/trouble/' web.yaml; }

# Neither plan nor apply may have written anything.
nothing_changed() {
  for cluster in "${three[@]}"; do [ "$(value "$cluster" /api/v1/namespaces/trouble .code)" = 404 ]; done
}

refused() {
  run fedctl plan -f web.yaml $contexts
  exits 1
  one_error
  run fedctl apply -f web.yaml $contexts --yes
  exits 1
  one_error
  nothing_changed
}

@test "broken YAML" {
  sed -i 's/^  template:/  template: [/' web.yaml
  refused
  says "web.yaml:"
  says "no YAML"
}

@test "a duplicate key names both lines" {
  sed -i 's/^      replicas: 3/      replicas: 3\n      replicas: 4/' web.yaml
  refused
  says "web.yaml:18:7: the key \"replicas\" stands twice in one map (first in line 17)"
}

@test "an override for an unknown cluster" {
  sed -i 's/clusterName: virginia-cluster/clusterName: virgina-cluster/' web.yaml
  refused
  says "no cluster 'virgina-cluster', did you mean 'virginia-cluster'?"
}

@test "the same cluster twice in the overrides" {
  sed -i 's/clusterName: virginia-cluster/clusterName: tokyo-cluster/' web.yaml
  refused
  says "web.yaml:47:5"
  says "'tokyo-cluster' stands twice"
}

@test "a forbidden path" {
  sed -i 's#{path: /spec/replicas, value: 4}#{path: /metadata/name, value: x}#' web.yaml
  refused
  says "the path /metadata/name must not be overridden"
}

@test "a path whose parent is missing" {
  sed -i 's#{path: /spec/replicas, value: 4}#{path: /spec/strategy/type, value: Recreate}#' web.yaml
  refused
  says "override 0 of cluster 'virginia-cluster'"
  says "nearest ancestor that does is /spec"
}

@test "an unknown federated kind" {
  sed -i 's/kind: FederatedDeployment/kind: FederatedDeploymnt/' web.yaml
  refused
  says "did you mean 'FederatedDeployment'?"
}

@test "a plain kind that no cluster serves" {
  printf -- '---\napiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: g}\n' >>web.yaml
  refused
  says "web.yaml:51:1: Gadget g: no cluster serves Gadget of example.com/v1"
}

# once WORDS: the output has them in one line.
once() {
  local lines
  lines=$(grep -cF -- "$1" <<<"$output" || true)
  [ "$lines" = 1 ] || { printf 'expected once, seen %s times: %s\nseen:\n%s\n' "$lines" "$1" "$output" >&2; return 1; }
}

@test "a field that the type does not have is one error at its own line, with the field that was meant" {
  sed -i 's/            image:/            imagee:/' web.yaml
  for command in plan "apply --yes"; do
    run fedctl $command -f web.yaml $contexts
    exits 1
    once "web.yaml:26:13: Deployment trouble/web-app: unknown field imagee, did you mean image? (in all 3 clusters)"
    once imagee
    says_not rejected
    nothing_changed
  done
  for format in markdown html; do
    run fedctl plan -f web.yaml $contexts -o $format
    once imagee
  done
  run fedctl plan -f web.yaml $contexts --diff=unified
  once imagee
  run fedctl plan -f web.yaml $contexts -o json
  [ "$(jq -c '[.clusters[].errors[] | [.place, .object]] | unique' <<<"$output")" = '[["web.yaml:26:13","Deployment trouble/web-app"]]' ]
  [ "$(jq '[.clusters[].errors[]] | length' <<<"$output")" = 3 ]
  run fedctl status -f web.yaml $contexts
  once "error: web.yaml:26:13: "
}

@test "each misfit of an object is an error at its own line, in plain manifests, templates and overrides" {
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  lables: {a: b}\ndata:\n  port: 8080\n' >typo.yaml
  run fedctl plan -f typo.yaml $contexts
  exits 1
  once "error: typo.yaml:5:3: ConfigMap default/c: unknown field lables, did you mean labels? (in all 3 clusters)"
  once "error: typo.yaml:7:3: ConfigMap default/c: data.port must be a string, not a number (in all 3 clusters); quote it"
  sed -i 's#{path: /spec/replicas, value: 5}#{path: /spec/replicas, value: five}#; s#replicas: 3#replicas: 3\n      paussed: true#' web.yaml
  sed -i 's#{path: /spec/replicas, value: 4}#{path: /spec/template/spec/containers/0/ports/0/containerPort, value: -4}#' web.yaml
  run fedctl plan -f web.yaml $contexts
  exits 1
  once "error: web.yaml:18:7: Deployment trouble/web-app: unknown field paussed, did you mean paused? (in all 3 clusters)"
  sed -i '/paussed/d' web.yaml
  run fedctl plan -f web.yaml $contexts
  exits 3
  once "error: web.yaml:43:30: cluster tokyo-cluster: Deployment trouble/web-app: spec.replicas must be a number, not a string"
  sed -i 's/value: five/value: 5/' web.yaml
  create virginia-cluster /api/v1/namespaces '{"metadata": {"name": "trouble"}}'
  run fedctl plan -f web.yaml $contexts
  forget trouble
  exits 3
  says "web.yaml:49:"
  once "cluster virginia-cluster: Deployment trouble/web-app: spec.template.spec.containers[name=web].ports[containerPort=-4].containerPort: Invalid value: -4: must be between 1 and 65535"
}

@test "what cannot be converted is refused, not taken for a server in trouble" {
  sed -i 's/limits: {cpu: 500m/limits: {cpu: 500q/' web.yaml
  run fedctl plan -f web.yaml $contexts
  exits 1
  once "quantities must match the regular expression"
  says_not "API server's log"
  says_not unreachable
}

@test "a namespace that is nowhere is an error of each cluster's plan, or a create with --create-namespaces" {
  sed -i '1,6d' web.yaml
  run fedctl plan -f web.yaml $contexts
  exits 1
  says "there is no namespace 'trouble' in the cluster, nor in the input"
  run fedctl plan -f web.yaml $contexts --create-namespaces
  exits 0
  says "Plan: 6 to create"
}

@test "usage errors exit with 1 and say what to do" {
  run fedctl plan
  exits 1
  says "nothing says which clusters to work on"
  run fedctl plan $contexts
  exits 1
  says "use -f PATH"
  run fedctl paln -f web.yaml
  exits 1
  says "unknown command 'paln', did you mean 'plan'?"
  run fedctl plan -f web.yaml $contexts --detailed-exit
  exits 1
  run fedctl plan -f web.yaml --contexts tokyo-cluster,nowhere
  exits 1
  says "no context 'nowhere'"
  run fedctl plan -f web.yaml
  exits 1
  says "use --contexts A,B, --fleet FILE"
  run fedctl plan -f web.yaml $contexts --request-timeout soon
  exits 1
  says "no duration"
}

@test "an empty folder is an error, never a wish for nothing" {
  mkdir empty
  run fedctl apply -f empty $contexts --yes
  exits 1
  says "no object in empty"
}

@test "one cluster down: the others are finished, it is reported unknown, and the exit code is 3" {
  "$testbed/down" ireland-cluster
  SECONDS=0
  run fedctl plan -f web.yaml $contexts
  down=$SECONDS
  plan_status=$status plan_output=$output
  run fedctl apply -f web.yaml $contexts --yes --connect-timeout 1s
  apply_status=$status apply_output=$output
  "$testbed/up" ireland-cluster >/dev/null
  status=$plan_status output=$plan_output
  exits 3
  says "ireland-cluster  unknown"
  says "unreachable: no answer from https://127.0.0.1"
  says "connection refused"
  says "4 to create, 0 to update, 0 to delete; 0 unchanged, 0 in conflict, 2 unknown."
  [ "$down" -le 8 ]
  status=$apply_status output=$apply_output
  exits 3
  [ "$(value virginia-cluster /apis/apps/v1/namespaces/trouble/deployments/web-app .status.readyReplicas)" = 4 ]
  run fedctl apply -f web.yaml $contexts --yes
  exits 0
  forget trouble
}

# context NAME SERVER-SUFFIX EXTRA-CLUSTER-YAML USER-YAML: adds a context beside the test bed's to a kubeconfig of its own.
bad_context() {
  cat >bad.kubeconfig <<YAML
apiVersion: v1
kind: Config
clusters:
- name: bad
  cluster: {server: "$1", certificate-authority-data: $(base64 -w0 "${3:-$FEDCTL_TESTBED_DIR/pki/ca.crt}")}
users:
- name: bad
  user: $2
contexts:
- {name: bad, context: {cluster: bad, user: bad}}
YAML
  export KUBECONFIG=$PWD/bad.kubeconfig:$KUBECONFIG
}

plans_around_it() {
  sed -i 's/virginia-cluster/bad/' web.yaml
  run fedctl plan -f web.yaml --contexts tokyo-cluster,ireland-cluster,bad
  exits 3
  says "bad  unknown"
  says "Plan: 4 to create, 0 to update, 0 to delete; 0 unchanged, 0 in conflict, 2 unknown."
  output=$(fedctl apply -f web.yaml --contexts bad --yes 2>&1) && return 1
  nothing_changed
}

@test "a wrong token is unauthorized, and is shown nowhere" {
  bad_context "https://127.0.0.1:$(cat "$FEDCTL_TESTBED_DIR/virginia-cluster/port")" "{token: not-a-good-token}"
  plans_around_it
  run fedctl plan -f web.yaml --contexts tokyo-cluster,ireland-cluster,bad -v9
  says "unauthorized: the server does not accept our credentials"
  says_not not-a-good-token
}

@test "rights that are missing are forbidden, not absence" {
  bad_context "https://127.0.0.1:$(cat "$FEDCTL_TESTBED_DIR/virginia-cluster/port")" \
    "{client-certificate-data: $(base64 -w0 "$FEDCTL_TESTBED_DIR/pki/admin.crt"), client-key-data: $(base64 -w0 "$FEDCTL_TESTBED_DIR/pki/admin.key"), as: nobody}"
  sed -i 's/virginia-cluster/bad/' web.yaml
  run fedctl plan -f web.yaml --contexts tokyo-cluster,ireland-cluster,bad
  exits 3
  says "? unknown   Deployment trouble/web-app"
  says 'forbidden: User "nobody" cannot list'
  says "Unknown: 2 forbidden."
  run fedctl plan -f web.yaml --contexts tokyo-cluster,ireland-cluster,bad -o json
  [ "$(jq -c '[.unknownReasons, (.clusters[2].changes | map(.reason) | unique)]' <<<"$output")" = '[{"forbidden":2},["forbidden"]]' ]
}

@test "a certificate that has expired, and one of another authority" {
  openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=other -addext subjectAltName=IP:127.0.0.1 -keyout other.key -out other.crt 2>/dev/null
  bad_context "https://127.0.0.1:$(cat "$FEDCTL_TESTBED_DIR/virginia-cluster/port")" "{}" other.crt
  plans_around_it
  run fedctl clusters --contexts bad
  exits 1
  says untrusted
  faketime_crt
  background openssl s_server -quiet -accept 28999 -cert expired.crt -key other.key -www
  bad_context https://127.0.0.1:28999 "{}" expired.crt
  listening 28999
  run fedctl clusters --contexts bad
  stop_helper
  exits 1
  says "expired: no answer from https://127.0.0.1:28999: SSL certificate problem: certificate has expired"
}

# A certificate whose days are over, without changing the clock: signed with an end in the past.
faketime_crt() {
  openssl req -new -key other.key -subj /CN=expired -out expired.csr 2>/dev/null
  mkdir -p ca
  : >ca/index
  echo 01 >ca/serial
  cat >ca.cnf <<'CNF'
[ca]
default_ca = this
[this]
database = ca/index
serial = ca/serial
new_certs_dir = ca
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = IP:127.0.0.1
basicConstraints = CA:TRUE
CNF
  openssl ca -batch -config ca.cnf -selfsign -keyfile other.key -in expired.csr -startdate 20200101000000Z -enddate 20210101000000Z -out expired.crt -notext 2>/dev/null
}

@test "a server that is not Kubernetes, with and without TLS" {
  background python3 -m http.server 28998 --bind 127.0.0.1
  listening 28998
  bad_context https://127.0.0.1:28998 "{}"
  run fedctl clusters --contexts bad
  with_tls=$output
  bad_context http://127.0.0.1:28998 "{}"
  run fedctl clusters --contexts bad
  without_tls=$output
  plans_around_it
  stop_helper
  output=$with_tls
  says notKubernetes
  output=$without_tls
  says notKubernetes
}

@test "a server that never answers costs little more than the connect timeout" {
  background python3 -c 'import socket, time; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", 28997)); s.listen(0); time.sleep(60)'
  listening 28997
  bad_context https://127.0.0.1:28997 "{}"
  sed -i 's/virginia-cluster/bad/' web.yaml
  SECONDS=0
  run fedctl plan -f web.yaml --contexts tokyo-cluster,ireland-cluster,bad --connect-timeout 2s
  took=$SECONDS
  stop_helper
  exits 3
  says "bad  unknown"
  [ "$took" -le 5 ]
}

@test "a Secret's value is in no output, with -v 9 neither" {
  cat >secret.yaml <<'YAML'
apiVersion: v1
kind: Secret
metadata: {name: trouble-secret}
stringData: {password: correct-horse-battery}
YAML
  encoded=$(printf correct-horse-battery | base64)
  for format in text json; do
    run fedctl plan -f secret.yaml $contexts -v9 -o $format
    exits 0
    says_not correct-horse
    says_not "$encoded"
  done
  run fedctl apply -f secret.yaml $contexts --yes -v9
  exits 0
  says_not "$encoded"
  sed -i 's/correct-horse-battery/another-secret/' secret.yaml
  run fedctl plan -f secret.yaml $contexts -v9
  says 'data.password: *** (before) -> *** (after)'
  says_not "$encoded"
  says_not "$(printf another-secret | base64)"
  meddle tokyo-cluster /api/v1/namespaces/default/secrets/trouble-secret '{"data": {"password": "Zm9yZWlnbg=="}}'
  sed -i 's/another-secret/correct-horse-battery/' secret.yaml
  run fedctl plan -f secret.yaml $contexts --detailed-exitcode
  exits 2
  says "Plan: 0 to create, 1 to update"
  for cluster in "${three[@]}"; do api "$cluster" /api/v1/namespaces/default/secrets/trouble-secret -X DELETE >/dev/null; done
}

@test "a password in a server's URL is in no output, with -v 9 neither, and in no saved plan" {
  printf 'clusters:\n- {name: k, cluster: {server: "https://user:open-sesame@127.0.0.1:1", proxy-url: "http://user:open-sesame@127.0.0.1:1"}}\ncontexts:\n- {name: c, context: {cluster: k}}\n' >url.kubeconfig
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n' >input.yaml
  for command in "plan -f input.yaml --out url.plan" "plan -f input.yaml -o json" "apply -f input.yaml --yes" "status -f input.yaml" clusters "clusters -o json" "clusters -o wide"; do
    run fedctl $command --contexts c --kubeconfig url.kubeconfig -v9 --request-timeout 2s
    exits 1
    says_not open-sesame
  done
  says "user:(hidden)@127.0.0.1"
  run cat url.plan
  says_not open-sesame
}
