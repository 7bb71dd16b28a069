#!/usr/bin/env bats
# Where the name points, by each of the ways that a policy may name; moto stands for Route 53, and checks no signature but wants one.

setup_file() {
  load support
  "$testbed/up" tokyo-cluster ireland-cluster >/dev/null
  source "$testbed/lib.sh"
  moto_port=$(free_port)
  start "$BATS_FILE_TMPDIR/moto.pid" "$BATS_FILE_TMPDIR/moto.log" "$("$testbed/moto")" -p "$moto_port"
  wait_for moto "$BATS_FILE_TMPDIR/moto.log" curl -sf "http://127.0.0.1:$moto_port/moto-api/"
  export moto_port
}
teardown_file() {
  load support
  forget_in "tokyo-cluster ireland-cluster" production
  source "$testbed/lib.sh"
  stop "$BATS_FILE_TMPDIR/moto.pid"
}

setup() {
  load support
  load failover_support
  in_own_folder
  export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state HOME=$BATS_TEST_TMPDIR
  export AWS_ENDPOINT_URL=http://127.0.0.1:$moto_port AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  curl -sf "$AWS_ENDPOINT_URL/moto-api/reset" -X POST >/dev/null
  zone=$(route53 /hostedzone -X POST -d '<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Name>example.com</Name><CallerReference>1</CallerReference></CreateHostedZoneRequest>' | grep -o '<Id>/hostedzone/[^<]*' | cut -d/ -f3)
  cp "$FEDCTL_SOURCE/examples/active-standby-app.yaml" app.yaml
  dns_by "route53: {zone: $zone}"
  fedctl apply -f app.yaml --contexts tokyo-cluster,ireland-cluster --create-namespaces --yes --accept-role-change >/dev/null
}

route53() { local path=$1; shift; curl -sf --aws-sigv4 aws:amz:us-east-1:route53 -u test:test -H 'Content-Type: application/xml' "$AWS_ENDPOINT_URL/2013-04-01$path" "$@"; }
records() { route53 "/hostedzone/$zone/rrset" | tr -d '\n' | grep -o '<ResourceRecordSet>.*</ResourceRecordSet>'; }

# dns_by PROVIDER: a policy without a database, whose name is kept by PROVIDER.
dns_by() {
  local url=http://127.0.0.1:$(cat "$FEDCTL_TESTBED_DIR/etcd.port")/health
  sed "/^  database:/,/IRELAND_DATABASE/d; /^  rto/,\$d; s#    route53:.*#    $1#" "$FEDCTL_SOURCE/examples/failover-policy.yaml" >policy.yaml
  echo "  health: {checks: [{apiServer: {}}, {http: {urls: {tokyo-cluster: \"$url\", ireland-cluster: \"$url\"}}}]}" >>policy.yaml
}

@test "Route 53: the record is written, and once it is as it should be it is left alone" {
  run failover run --yes
  exits 0
  records | grep -q '<Name>app.example.com.</Name>'
  records | grep -q '<TTL>60</TTL>.*<Value>ireland-lb.example.com</Value>'
  run failover plan --to tokyo-cluster
  exits 0
  says "app.example.com CNAME: ireland-lb.example.com -> tokyo-lb.example.com, ttl 60"
  says "Route 53's control plane, which is in us-east-1"
  run failover run --yes
  exits 0
  says "value=tokyo-lb.example.com"
  records | grep -q '<Value>tokyo-lb.example.com</Value>'
}

@test "Route 53: credentials come from a profile, and their absence refuses the run" {
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  mkdir .aws
  printf '[operations]\naws_access_key_id = test\naws_secret_access_key = test\n' >.aws/credentials
  dns_by "route53: {zone: $zone, profile: operations}"
  run failover plan
  exits 0
  dns_by "route53: {zone: $zone, profile: nobody}"
  run failover run --yes
  exits 4
  one_error
  says "the DNS provider does not answer"
  [ "$(role_in ireland-cluster)" = "2 read-only,standby" ]
}

@test "Route 53: credentials of a web identity come from STS, those of an instance from its metadata" {
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  echo token >token
  AWS_ROLE_ARN=arn:aws:iam::123456789012:role/failover AWS_WEB_IDENTITY_TOKEN_FILE=token run failover status
  exits 0
  says "app.example.com -> nothing"
  AWS_EC2_METADATA_SERVICE_ENDPOINT=$AWS_ENDPOINT_URL run failover status
  exits 0
  says "app.example.com -> nothing"
  grep -q 'GET /latest/meta-data/iam/security-credentials/' "$BATS_FILE_TMPDIR/moto.log"
  AWS_EC2_METADATA_DISABLED=true run failover status
  exits 0
  says "DNS: "
}

@test "Route 53: a zone that is not there refuses the run" {
  dns_by "route53: {zone: ZNOWHERE}"
  run failover run --yes
  exits 4
  one_error
  says "NoSuchHostedZone"
  says "--owe-dns"
  run failover plan --owe-dns
  exits 0
  says "the step dns stays owed"
}

@test "Route 53: prepare lays a record set and a health check for each side, once" {
  dns_by "route53: {zone: $zone, healthSignal: {port: 9090}}"
  run failover prepare --dry-run
  exits 0
  says "(dry run)"
  [ "$(records | grep -c app.example.com)" = 0 ]
  run failover prepare
  exits 0
  says "tokyo-lb.example.com (tokyo-cluster), answered while tokyo-lb.example.com:9090/active says that it is active"
  [ "$(records | grep -o '<SetIdentifier>[^<]*' | sort | cut -d'>' -f2 | tr '\n' ' ')" = "ireland-cluster tokyo-cluster " ]
  [ "$(route53 /healthcheck | grep -o '<FullyQualifiedDomainName>' | wc -l)" = 2 ]
  run failover prepare
  exits 0
  says "nothing to lay"
}

@test "a program is given the record as JSON, and its failure is the run's" {
  cat >dns <<'EOF'
#!/bin/sh
cat >>given
[ -e refuse ] && { echo "the zone is locked" >&2; exit 1; }
[ -e value ] && printf '{"value": "%s", "ttl": 60}' "$(cat value)" || echo '{}'
grep -q '"action":"put"' given && echo ireland-lb.example.com >value
exit 0
EOF
  chmod +x dns
  dns_by "exec: {command: [./dns]}"
  run failover run --yes
  exits 0
  jq -e 'select(.action == "put") | .record == {name: "app.example.com", type: "CNAME", value: "ireland-lb.example.com", ttl: 60}' given
  touch refuse
  run failover run --yes
  exits 4
  says "the zone is locked"
}

@test "a DNSEndpoint for ExternalDNS is written in the cluster that the policy names" {
  create ireland-cluster /apis/apiextensions.k8s.io/v1/customresourcedefinitions '{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "dnsendpoints.externaldns.k8s.io", "annotations": {"api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/external-dns/pull/2007"}}, "spec": {"group": "externaldns.k8s.io", "scope": "Namespaced", "names": {"kind": "DNSEndpoint", "plural": "dnsendpoints"}, "versions": [{"name": "v1alpha1", "served": true, "storage": true, "subresources": {"status": {}}, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}}'
  endpoint=/apis/externaldns.k8s.io/v1alpha1/namespaces/production/dnsendpoints/app
  for _ in $(seq 50); do api ireland-cluster /apis/externaldns.k8s.io/v1alpha1 >/dev/null 2>&1 && break; sleep 0.1; done
  # Stands for ExternalDNS: says that it has seen what is there.
  (while [ ! -e done ]; do api ireland-cluster $endpoint/status -X PATCH -H 'Content-Type: application/merge-patch+json' -d "{\"status\": {\"observedGeneration\": $(value ireland-cluster $endpoint .metadata.generation)}}"; sleep 0.1; done >/dev/null 2>&1 || true) 3>&- 4>&- &
  external=$!
  dns_by "endpoint: {name: app, cluster: ireland-cluster}\n    verify: {within: 10s}"
  run failover run --yes
  touch done
  wait $external || true
  exits 0
  [ "$(value ireland-cluster $endpoint '.spec.endpoints[0] | [.dnsName, .recordType, .targets[0], .recordTTL] | join(" ")')" = "app.example.com CNAME ireland-lb.example.com 60" ]
  api ireland-cluster $endpoint -X DELETE >/dev/null
}
