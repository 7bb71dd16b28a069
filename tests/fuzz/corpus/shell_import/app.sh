A=one
B="$A two"
kubectl --context tokyo get nodes || {
kubectl patch fd/app -n production --type=json -p='[{"op": "replace", "path": "/spec/overrides/1/clusterOverrides/0/value", "value": 10}]'
kubectl patch federateddeployment app --namespace production --type merge -p '{"spec": {"overrides": []}}'
aws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch '{"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": "app.example.com.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "ireland.example.com"}]}}]}'
} 2>&1 | tee $(mktemp)
cat <<-EOF >"x y"
	$B
	EOF
echo ${C:-three} \
 'x' # no
