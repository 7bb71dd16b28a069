#!/usr/bin/env bats
# API servers that are old, busy, cut off or forgetful: a proxy before a real one shows what the real one cannot be made to.

setup_file() {
  load support
  start_clusters
  for i in 1 2 3 4 5; do
    printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: fault-%s}\ndata: {a: b}\n' $i
  done >"$BATS_FILE_TMPDIR/input.yaml"
  cd "$BATS_FILE_TMPDIR" || return
  fedctl apply -f input.yaml --contexts tokyo-cluster --yes
}
setup() { load support; in_own_folder; cp "$BATS_FILE_TMPDIR/input.yaml" .; }
teardown() { stop_helper; }
teardown_file() {
  load support
  for name in fault-1 fault-2 fault-3 fault-4 fault-5 lost added refused untold; do api tokyo-cluster "/api/v1/namespaces/default/configmaps/$name" -X DELETE >/dev/null; done
}

# before FAULT: a context `tokyo-cluster` that goes through the proxy.
before() {
  through_proxy tokyo-cluster "$1"
  plan=(plan --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster -f input.yaml)
}

@test "a server without aggregated discovery is asked group by group" {
  before old-discovery
  run fedctl "${plan[@]}" -v6 --detailed-exitcode
  exits 0
  says "/apis/apps/v1 200"
  says "5 unchanged"
  run fedctl "${plan[@]}" -v6
  says_not "/apis/apps/v1 200"
}

@test "429 with Retry-After is obeyed, and what was asked is asked again" {
  before busy
  run fedctl "${plan[@]}" --detailed-exitcode -v4
  exits 0
  says "trying again in 0ms"
  says "5 unchanged"
}

@test "a server that is away for a moment costs a moment" {
  before unavailable
  run fedctl "${plan[@]}" --detailed-exitcode
  exits 0
  says "5 unchanged"
}

@test "a connection that is cut is made again" {
  before reset
  run fedctl "${plan[@]}" --detailed-exitcode
  exits 0
  says "5 unchanged"
}

@test "an answer cut in half is unknown, never an empty list" {
  before half
  run fedctl "${plan[@]}"
  exits 1
  says "tokyo-cluster  unknown"
  says "5 unknown."
}

@test "a list that is never answered is unknown when its time is over, and nothing is pruned on its account" {
  before hang
  run fedctl "${plan[@]}" --prune --request-timeout 1s -o json
  exits 1
  [ "$(jq -c '[.summary.unknown, .summary.delete, .unknownReasons]' <<<"$(grep -v '^warning' <<<"$output")")" = '[5,0,{"timeout":5}]' ]
}

@test "lists come in pages, and a continuation that was forgotten starts the list again" {
  before small-pages
  run fedctl "${plan[@]}" --detailed-exitcode -v6
  exits 0
  says "5 unchanged"
  says " 410 in"
  [ "$(grep -c 'GET .*configmaps' <<<"$output")" = 5 ]
}

@test "Ctrl-C while writes hang waits for them no longer than a request may take, and ends with 130" {
  before hang-writes
  sed 's/a: b/a: c/' input.yaml >changed.yaml
  (source "$testbed/lib.sh" && alone "$FEDCTL" apply --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster -f changed.yaml --yes --request-timeout 4s) >out.txt 2>&1 &
  pid=$!
  for _ in $(seq 100); do [ -e hanging ] && break; sleep 0.1; done
  kill -INT $pid
  status=0
  wait $pid || status=$?
  cat out.txt
  [ "$status" -eq 130 ]
  grep -q "interrupted: what was sent is done" out.txt
}

@test "what a server or a webhook quotes of a Secret is hidden, in every format" {
  cat >secret.yaml <<'YAML'
apiVersion: v1
kind: Secret
metadata: {name: fault-secret}
stringData: {password: correct-horse, file: "line-one\nline-two\n"}
data: {other: YmF0dGVyeQ==}
YAML
  create tokyo-cluster /api/v1/namespaces/default/secrets '{"metadata": {"name": "fault-secret"}, "stringData": {"password": "staple"}}'
  before quote
  for format in text json yaml markdown html junit; do
    for command in "plan --adopt" "apply --yes --adopt" status; do
      [[ $command == plan* || $format == text || $format == json ]] || continue
      run fedctl $command -f secret.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster -o $format -v9
      for value in correct-horse Y29ycmVjdC1ob3JzZQ line-one line-two battery YmF0dGVyeQ staple c3RhcGxl; do says_not $value; done
    done
  done
  run fedctl plan -f secret.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster
  api tokyo-cluster /api/v1/namespaces/default/secrets/fault-secret -X DELETE >/dev/null
  says "the webhook says no to"
  says "(hidden)"
}

# lost HOW [FLAG...]: applies a new ConfigMap through a proxy that loses the answer.
lost() {
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lost}\ndata: {a: b}\n' >lost.yaml
  api tokyo-cluster /api/v1/namespaces/default/configmaps/lost -X DELETE >/dev/null
  before "lose-$1"
  shift
  run fedctl apply -f lost.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes --request-timeout 1s "$@"
}

@test "a write whose answer is lost may have been done: exit code 3, in every way to lose it" {
  for how in closed hung html gateway teapot; do
    lost $how
    exits 3
    says "ConfigMap default/lost: "
    says "; it may have been done all the same"
    [ "$(value tokyo-cluster /api/v1/namespaces/default/configmaps/lost .data.a)" = b ]
    lost $how -o json
    exits 3
    [ "$(grep '"ApplyResult"' <<<"$output" | jq -c '.clusters[0] | [.outcome, .created, .uncertain]')" = '["failed",0,1]' ]
  done
  before refuse-2
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: refused}\ndata: {a: b}\n' >refused.yaml
  run fedctl apply -f refused.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes
  exits 1
  says_not "may have been done"
}

@test "a deletion whose answer is lost may have been done" {
  for how in hung html gateway; do
    fedctl apply -f input.yaml --contexts tokyo-cluster --yes >/dev/null
    before "lose-$how"
    run fedctl delete -f input.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes --request-timeout 1s
    exits 3
    says "; it may have been done all the same"
  done
  fedctl apply -f input.yaml --contexts tokyo-cluster --yes >/dev/null
}

@test "what goes back is looked at again where its answer is lost too" {
  for how in closed hung html gateway; do
    lost $how --on-failure=rollback
    exits 1
    says "ConfigMap default/lost deleted again"
    says_not "could not be rolled back"
    [ "$(value tokyo-cluster /api/v1/namespaces/default/configmaps/lost .code)" = 404 ]
  done
}

@test "'not found' to the deletion of what is there is no deletion" {
  before not-there
  run fedctl delete -f input.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes
  says "the server answered with 'not found' to the deletion of an object that is there"
  exits 1
  [ "$(value tokyo-cluster /api/v1/namespaces/default/configmaps/fault-1 .data.a)" = b ]
}

@test "the refusal of a write, of a deletion or of a read shows no value of the Secret that is there" {
  printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: fault-secret}\nstringData: {password: correct-horse}\n' >secret.yaml
  fedctl apply -f secret.yaml --contexts tokyo-cluster --yes
  sed -i 's/correct-horse/battery/' secret.yaml
  hidden() { for value in correct-horse Y29ycmVjdC1ob3JzZQ battery YmF0dGVyeQ; do says_not $value; done; }
  through() { run fedctl "$@" -f secret.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster -v9; }
  before quote-writes
  through apply --yes
  says "the webhook says no to"
  hidden
  through apply --yes --on-failure=rollback -o json
  hidden
  through delete --yes
  says "the webhook says no to"
  hidden
  before quote-reads
  for command in plan "apply --yes" "apply --yes --on-failure=rollback" status "delete --yes"; do
    through $command
    hidden
  done
  api tokyo-cluster /api/v1/namespaces/default/secrets/fault-secret -X DELETE >/dev/null
}

@test "an apply whose report cannot be written has been done all the same: exit code 3" {
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: untold}\ndata: {a: b}\n' >untold.yaml
  run bash -c "'$FEDCTL' apply -f untold.yaml --contexts tokyo-cluster --yes >/dev/full"
  exits 3
  says "error: cannot write to standard output: No space left on device"
  run bash -c "'$FEDCTL' plan -f untold.yaml --contexts tokyo-cluster >/dev/full"
  exits 1
  says "No space left on device"
  run bash -c "'$FEDCTL' plan -f untold.yaml --contexts tokyo-cluster >&-"
  exits 1
  says "error: cannot write to standard output: Bad file descriptor"
}

@test "what somebody else makes just before it is created stays theirs, and is not deleted by a rollback" {
  printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: b}\n' lost refused >two.yaml
  for how in stop rollback continue; do
    api tokyo-cluster /api/v1/namespaces/default/configmaps/lost -X DELETE >/dev/null
    before made-first
    run fedctl apply -f two.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes --on-failure=$how
    exits 1
    says "ConfigMap default/lost: somebody made it since it was planned; plan again; --adopt takes it over"
    says_not "ConfigMap default/lost created"
    [ "$(api tokyo-cluster /api/v1/namespaces/default/configmaps/lost | jq -c '[.data, .metadata.labels, .metadata.annotations, (.metadata.managedFields | length)]')" = '[{"precious":"of somebody else"},null,null,1]' ]
  done
}

@test "an update whose object is gone when it is kept for going back is not made" {
  api tokyo-cluster /api/v1/namespaces/default/configmaps/lost -X DELETE >/dev/null
  printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: b}\n' lost untold >two.yaml
  fedctl apply -f two.yaml --contexts tokyo-cluster --yes
  sed -i 's/a: b/a: c/' two.yaml
  before gone-once
  # The plan may read an object by itself too.
  fedctl plan -f two.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster >/dev/null
  run fedctl apply -f two.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes --on-failure=rollback
  says_not "deleted again"
  for name in lost untold; do [ "$(value tokyo-cluster /api/v1/namespaces/default/configmaps/$name .metadata.name)" = $name ]; done
}

@test "a deletion answered 404 is none where what is there cannot be read, and then it may have been done" {
  for status in 500 403; do
    fedctl apply -f input.yaml --contexts tokyo-cluster --yes >/dev/null
    before not-there-$status
    run fedctl delete -f input.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes
    exits 3
    says "ConfigMap default/fault-1: sorry; it may have been done all the same"
  done
}

@test "a refusal that quotes our token or password is shown without it" {
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: refused}\ndata: {a: b}\n' >refused.yaml
  for fault in token escaped password; do
    before quote-$fault
    user='token: hunter2-token'
    [ $fault != password ] || user='username: admin, password: hunter2-pass'
    sed -i "s/contexts:/users: [{name: u, user: {$user}}]\ncontexts:/; s/cluster: k}/cluster: k, user: u}/" proxy.kubeconfig
    for format in text json; do
      run fedctl apply -f refused.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes --lock=false -o $format -v9
      exits 1
      says "bad header"
      says "(hidden)"
      says_not hunter2
    done
  done
}

# A Deployment that no node can run.
without_a_node() {
  cat >web.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {nodeSelector: {disk: none}, containers: [{name: app, image: registry.example.com/web}]}
YAML
}

@test "what a watch says of another namespace makes nothing ready" {
  without_a_node
  before stranger
  run fedctl apply -f web.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes --timeout 3s
  fedctl delete -f web.yaml --contexts tokyo-cluster --yes >/dev/null
  exits 3
  says_not "Deployment default/web ready"
  says "an object of namespace 'another'"
}

@test "no other object, no older version of it, and none that is going opens the gate to the next wave" {
  without_a_node
  declare -A words=([stranger]="somebody deleted it and made it again" [older]="not seen as it was written" [going]="it is being deleted")
  for how in "${!words[@]}"; do
    before "ready-$how"
    kubeconfig_of ireland-cluster ireland-cluster >ireland.kubeconfig
    KUBECONFIG=$PWD/proxy.kubeconfig:$PWD/ireland.kubeconfig run fedctl apply -f web.yaml --contexts tokyo-cluster,ireland-cluster --wave tokyo-cluster --wave ireland-cluster --yes --timeout 2s
    fedctl delete -f web.yaml --contexts tokyo-cluster --yes >/dev/null
    exits 3
    says_not "Deployment default/web ready"
    says "${words[$how]}"
    [ "$(value ireland-cluster /apis/apps/v1/namespaces/default/deployments/web .code)" = 404 ]
  done
}

@test "a 404 that names no object, or another one, does not say that an object is gone" {
  fedctl apply -f input.yaml --contexts tokyo-cluster --yes >/dev/null
  for how in none other; do
    before absent-$how
    run fedctl delete -f input.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes --timeout 1s
    exits 3
    says_not "fault-1 deleted"
    says "the server answered 404 without naming fault-1, and says that it serves configmaps"
  done
  [ "$(value tokyo-cluster /api/v1/namespaces/default/configmaps/fault-1 .data.a)" = b ]
}

@test "a deletion that was called a success is looked at, and is none while the object is there" {
  before stays
  run fedctl delete -f input.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes --timeout 1s
  exits 3
  says_not "fault-1 deleted"
  says "ConfigMap default/fault-1: it is still there"
  [ "$(value tokyo-cluster /api/v1/namespaces/default/configmaps/fault-1 .data.a)" = b ]
}

@test "a deletion that was answered with the object itself is looked at even where it is not waited for" {
  fedctl apply -f input.yaml --contexts tokyo-cluster --yes >/dev/null
  before stays-object
  run fedctl delete -f input.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes --wait=false
  exits 1
  says_not "fault-1 deleted"
  says "200 to the deletion of an object that is there"
  [ "$(value tokyo-cluster /api/v1/namespaces/default/configmaps/fault-1 .data.a)" = b ]
}

@test "a rollback does not say of what a finalizer keeps that it is deleted again" {
  before finalized
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: added}\n' >added.yaml
  without_a_node
  run fedctl apply -f added.yaml -f web.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes --timeout 1s --on-failure rollback
  meddle tokyo-cluster /api/v1/namespaces/default/configmaps/added '{"metadata": {"finalizers": null}}'
  exits 3
  says_not "ConfigMap default/added deleted again"
  says "kept by its finalizer example.com/keep"
}

@test "what is to go and is of a type that discovery does not show is unknown, and stays on the set's list" {
  printf 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: lost}\nrules: []\n' >role.yaml
  fedctl apply -f input.yaml -f role.yaml --contexts tokyo-cluster --set hidden --yes --adopt >/dev/null
  listed() { value tokyo-cluster /api/v1/namespaces/default/configmaps/hidden '.metadata.annotations["applyset.kubernetes.io/contains-group-kinds"]'; }
  [ "$(listed)" = ConfigMap,Role.rbac.authorization.k8s.io ]
  for how in stale without; do
    before "$how-rbac.authorization.k8s.io"
    run fedctl apply -f input.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --set hidden --prune --yes
    exits 3
    says "1 unknown"
    [ "$(listed)" = ConfigMap,Role.rbac.authorization.k8s.io ]
    run fedctl delete -f role.yaml --kubeconfig "$PWD/proxy.kubeconfig" --contexts tokyo-cluster --yes
    [ "$status" -ne 0 ]
    says "1 unknown"
  done
  run fedctl apply -f input.yaml --contexts tokyo-cluster --set hidden --prune --yes
  exits 0
  [ "$(listed)" = ConfigMap ]
  [ "$(value tokyo-cluster /apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/lost .code)" = 404 ]
  api tokyo-cluster /api/v1/namespaces/default/configmaps/hidden -X DELETE >/dev/null
}

@test "what is being deleted is not as wanted, whatever kind it is of" {
  api tokyo-cluster /api/v1/namespaces/default/configmaps/lost -X DELETE >/dev/null
  create tokyo-cluster /api/v1/namespaces/default/configmaps '{"metadata": {"name": "lost", "finalizers": ["example.com/held"]}, "data": {"a": "b"}}'
  api tokyo-cluster /api/v1/namespaces/default/configmaps/lost -X DELETE >/dev/null
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lost}\ndata: {a: b}\n' >lost.yaml
  run fedctl apply -f lost.yaml --contexts tokyo-cluster --yes --adopt
  api tokyo-cluster /api/v1/namespaces/default/configmaps/lost -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"metadata": {"finalizers": null}}' >/dev/null
  exits 3
  says "it is being deleted since"
  says_not "as wanted"
}
