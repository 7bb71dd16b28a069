#!/usr/bin/env bats
# fedctl schedule: how a preference would spread its replicas, without any cluster.

setup() { load support; in_own_folder; }

# preference TOTAL REBALANCE CLUSTERS [MORE]: a ReplicaSchedulingPreference.
preference() {
  cat >preference.yaml <<EOF
apiVersion: scheduling.kubefed.io/v1alpha1
kind: ReplicaSchedulingPreference
metadata: {name: web-app, namespace: production}
spec:
  targetKind: FederatedDeployment
  totalReplicas: $1
  rebalance: $2
  clusters: $3
  ${4:-}
EOF
}
# shares FLAG...: what comes out, as "replicas overflow" in short.
shares() { fedctl schedule -f preference.yaml "$@" -o json 2>/dev/null | jq -Sc '[.replicas, .overflow]' | tr -d '"'; }

@test "the article's preference gives 6, 4 and 2, with the reasons and a total" {
  preference 12 true '{tokyo-cluster: {weight: 5}, ireland-cluster: {weight: 3}, virginia-cluster: {weight: 2}}' \
    'minReplicas: {tokyo-cluster: 3, ireland-cluster: 2, virginia-cluster: 2}'
  run fedctl schedule -f preference.yaml --clusters tokyo-cluster,ireland-cluster,virginia-cluster
  exits 0
  golden schedule.txt
  run fedctl schedule -f preference.yaml --clusters tokyo-cluster,ireland-cluster,virginia-cluster -o json
  [ "$(jq -c . <<<"$output")" = '{"overflow":{},"replicas":{"ireland-cluster":4,"tokyo-cluster":6,"virginia-cluster":2}}' ]
}

@test "what runs stays without rebalance, and moves with it" {
  preference 50 false '{"*": {weight: 1}}'
  [ "$(shares --clusters A,B --current A=30)" = '[{A:30,B:20},{}]' ]
  preference 50 true '{"*": {weight: 1}}'
  [ "$(shares --clusters A,B --current A=30)" = '[{A:25,B:25},{}]' ]
}

@test "what a capacity cuts off is overflow, and goes to the others" {
  preference 60 true '{A: {weight: 1}, B: {weight: 2}}'
  [ "$(shares --clusters A,B,C --capacity B=10)" = '[{A:50,B:10,C:0},{B:30}]' ]
}

@test "an unhealthy cluster gets nothing, minimums and maximums of the others kept" {
  preference 12 true '{A: {weight: 5, maxReplicas: 5}, B: {weight: 3}, C: {weight: 2, minReplicas: 4}}'
  [ "$(shares --clusters A,B,C --unhealthy B)" = '[{A:5,B:0,C:7},{}]' ]
  run fedctl schedule -f preference.yaml --clusters A,B,C --unhealthy B
  says "not healthy"
  says "at its maximum 5"
}

@test "several preferences come as a list; none at all, and no cluster, are no crash" {
  preference 4 true '{A: {weight: 1}}'
  sed 's/name: web-app/name: other/' preference.yaml >other.yaml
  run fedctl schedule -f preference.yaml -f other.yaml --clusters A -o json
  exits 0
  [ "$(jq -c '.preferences | map([.namespace, .name, .replicas.A])' <<<"$output")" = '[["production","web-app",4],["production","other",4]]' ]
  [ "$(shares --clusters '')" = '[{},{}]' ]
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' >none.yaml
  run fedctl schedule -f none.yaml --clusters A
  exits 1
  says "there is no ReplicaSchedulingPreference in none.yaml"
}

@test "on a terminal there is a bar for each cluster" {
  preference 12 true '{A: {weight: 3}, B: {weight: 1}}'
  run script -qec "$FEDCTL schedule -f preference.yaml --clusters A,B" /dev/null
  says "████████████████████████"
}

@test "each mistake is one error of its own" {
  refused() {
    run fedctl schedule -f preference.yaml "$@"
    exits 1
    one_error
  }
  preference -1 true '{}'
  refused --clusters A
  says "preference.yaml:6:3: ReplicaSchedulingPreference production/web-app: totalReplicas must not be negative"
  preference 3000000000 true '{}'
  refused --clusters A
  says "counts in 32 bits"
  preference 3 true '{A: {weight: -1}}'
  refused --clusters A
  says "weight must not be negative"
  preference 3 true '{A: {minReplicas: 3, maxReplicas: 2}}'
  refused --clusters A
  says "which is above its maximum 2"
  preference 3 true '{A: {wieght: 3}}'
  refused --clusters A
  says "did you mean 'weight'"
  preference 3 true '{A: {weight: 1}}'
  refused --clusters A --current B=3
  says "--current speaks of 'B', which is not in --clusters"
  refused --clusters A --unhealthy B
  says "--unhealthy speaks of 'B'"
  refused --clusters A --capacity A=many
  says "'A=many' is not CLUSTER=NUMBER"
  refused --clusters A,A
  says "stands twice"
  refused
  says "--clusters CLUSTER,... is missing"
  cat preference.yaml <(echo ---) preference.yaml >twice.yaml
  mv twice.yaml preference.yaml
  refused --clusters A
  says "two preferences for one target"
}
