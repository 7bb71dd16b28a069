#!/usr/bin/env bats
# States of a failover that are damaged, or are those of another policy. No cluster answers, and none needs to.

setup() {
  load support
  in_own_folder
  cp "$BATS_TEST_DIRNAME"/../../examples/{failover-policy,active-standby-app}.yaml .
  for name in tokyo-cluster ireland-cluster; do
    printf -- "- {name: %s, cluster: {server: 'http://127.0.0.1:1'}}\n" $name >>servers
    printf -- '- {name: %s, context: {cluster: %s}}\n' $name $name >>named
  done
  { echo clusters:; cat servers; echo contexts:; cat named; } >kubeconfig
  export TOKYO_DATABASE=x IRELAND_DATABASE=y AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b
}

# failover VERB [FLAG...]: with the state in state.json; its end is in `status`, its words in `output`.
failover() {
  run fedctl failover "$1" failover-policy.yaml -f active-standby-app.yaml --state state.json --kubeconfig kubeconfig \
    --contexts tokyo-cluster,ireland-cluster --connect-timeout 1s "${@:2}"
}

@test "a state whose active cluster the policy has no longer is refused with the clusters and the remedy" {
  echo '{"active": "osaka-cluster", "token": 7}' >state.json
  for verb in status plan back "run --yes" "drill --yes" "abort --yes"; do
    failover $verb
    echo "$verb: $status: $output"
    [ "$status" = 1 ]
    [[ "$output" == *"state.json: "*"'osaka-cluster'"*"(tokyo-cluster, ireland-cluster)"*"in the policy as before"* ]]
  done
  [ "$(cat state.json)" = '{"active": "osaka-cluster", "token": 7}' ]
}

@test "a state that is damaged is refused with the field, and not taken for a fresh one" {
  for damage in '{}' '{"active": "tokyo-cluster"}' '{"active": 5, "token": 1}' '{"active": "tokyo-cluster", "token": 1, "drills": [5]}' \
    '{"active": "tokyo-cluster", "token": 1, "run": {"id": "a", "from": "tokyo-cluster", "to": "ireland-cluster", "state": 5}}' no; do
    echo "$damage" >state.json
    failover status
    echo "$damage: $status: $output"
    [ "$status" = 1 ]
    [[ "$output" == *"state.json: this is no state of a failover: "* ]]
    [[ "$output" != *exception* ]]
  done
}

@test "a state file that cannot be looked at is not taken for one that is not there" {
  ln -s state.json state.json
  failover status
  echo "$status: $output"
  [ "$status" = 1 ]
  [[ "$output" == *state.json* ]]
}

@test "a run whose journal is damaged is not gone on with, for what it says is done would not be done" {
  begin='{"active": "tokyo-cluster", "token": 5, "run": {"id": "a", "kind": "failover", "state": "running", "from": "tokyo-cluster", "to": "ireland-cluster", "token": 5, "steps": '
  for steps in '[]' '[{"name": "bogus", "state": "begun"}]' '[{"name": "hook x", "state": "begun"}]' '[{"name": "fence", "state": "done"}]'; do
    echo "$begin$steps}}" >state.json
    for verb in "run --yes --resume" "abort --yes"; do
      failover $verb
      echo "$verb $steps: $status: $output"
      [ "$status" = 1 ]
      [[ "$output" == *"the journal of the unfinished run is damaged: "* ]]
      [ "$(cat state.json)" = "$begin$steps}}" ]
    done
  done
  for damage in 's/"to": "ireland/"to": "tokyo/' 's/"token": 5, "steps"/"token": 6, "steps"/' 's/"token": 5, "run"/"token": 9223372036854775807, "run"/'; do
    sed "$damage" <<<"$begin[]}}" >state.json
    failover status
    echo "$damage: $status: $output"
    [ "$status" = 1 ]
    [[ "$output" == *"state.json: this is no state of a failover: "* ]]
  done
}
