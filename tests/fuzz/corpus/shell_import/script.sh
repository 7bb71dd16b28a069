#!/bin/sh
home=tokyo-cluster
if ! kubectl --context "$home" get nodes >/dev/null 2>&1; then
  kubectl patch federateddeployments.types.kubefed.io active-standby-app --namespace production --type json --patch '[
    {"op": "replace", "path": "/spec/overrides/1/clusterOverrides/0/value", "value": 10},
    {"op": "replace", "path": "/spec/overrides/1/clusterOverrides/1/value/1/value", "value": "primary"}]'
  aws route53 change-resource-record-sets --hosted-zone-id Z42 --change-batch '{"Changes": [{"Action": "UPSERT",
    "ResourceRecordSet": {"Name": "app.example.com.", "Type": "CNAME", "TTL": 30, "ResourceRecords": [{"Value": "ireland-lb.example.com"}]}}]}'
fi
