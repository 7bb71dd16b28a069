#!/usr/bin/env bats
# What a failover script of one's own amounts to. Talks to no cluster.

setup() {
  load support
  in_own_folder
  cp "$FEDCTL_SOURCE/examples/active-standby-app.yaml" app.yaml
  cat >script.sh <<'EOF'
#!/bin/sh
home=tokyo-cluster
if ! kubectl --context "$home" get nodes >/dev/null 2>&1; then
  kubectl patch federateddeployments.types.kubefed.io active-standby-app --namespace production --type json --patch '[
    {"op": "replace", "path": "/spec/overrides/1/clusterOverrides/0/value", "value": 10},
    {"op": "replace", "path": "/spec/overrides/1/clusterOverrides/1/value/1/value", "value": "primary"}]'
  aws route53 change-resource-record-sets --hosted-zone-id Z42 --change-batch '{"Changes": [{"Action": "UPSERT",
    "ResourceRecordSet": {"Name": "app.example.com.", "Type": "CNAME", "TTL": 30, "ResourceRecords": [{"Value": "ireland-lb.example.com"}]}}]}'
fi
EOF
}

@test "a script, its CronJob and its object become a policy that names what was forgotten" {
  {
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: script}\ndata:\n  failover.sh: |\n'
    sed 's/^/    /' script.sh
    printf -- '---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: checker}\nspec: {schedule: "*/5 * * * *"}\n'
  } >automation.yaml
  run fedctl failover import automation.yaml app.yaml
  exits 0
  says "ireland-cluster keeps DATABASE_MODE=read-only"
  says "tokyo-cluster keeps the role of the active one"
  says "it looks every 5m"
  says "dns.targets.tokyo-cluster: what app.example.com points to while tokyo-cluster is active"
}

@test "with what it cannot know filled in, the policy is one" {
  fedctl failover import script.sh app.yaml --target tokyo-cluster=tokyo-lb.example.com >policy.yaml
  run fedctl failover import script.sh app.yaml --target tokyo-cluster=tokyo-lb.example.com -o json
  [ "$(jq -c '.policy.spec | [.clusters, .dns.ttl, .dns.route53.zone, .dns.targets["tokyo-cluster"]]' <<<"$output")" = '[["tokyo-cluster","ireland-cluster"],30,"Z42","tokyo-lb.example.com"]' ]
  [ "$(jq -c '.policy.spec.roles.active[1].env' <<<"$output")" = '{"container":"app","set":{"DATABASE_MODE":"read-write","ROLE":"primary"}}' ]
  run fedctl failover plan policy.yaml -f app.yaml --kubeconfig nowhere
  exits 1
  says "nowhere"
  fedctl failover import script.sh app.yaml >incomplete.yaml
  run fedctl failover plan incomplete.yaml -f app.yaml --kubeconfig nowhere
  exits 1
  says "incomplete.yaml:"
}

@test "what cannot be read is an error" {
  run fedctl failover import script.sh
  exits 1
  one_error
  says "which is in no file"
  echo 'echo nothing' >other.sh
  run fedctl failover import other.sh app.yaml
  exits 1
  one_error
  says "there is no script here that patches a federated object"
  run fedctl failover import script.sh app.yaml --target tokyo
  exits 1
  says "expected CLUSTER=NAME"
  run fedctl failover import gone.sh
  exits 1
}
