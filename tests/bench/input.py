#!/usr/bin/env python3
"""Makes input to measure with: input.py deployments|kinds|configmaps|federated COUNT [CHANGED]

deployments  plain Deployments; kinds: six kinds in turn; configmaps: of 10 KB each; federated: FederatedDeployments with overrides.
CHANGED is put into web-1, so that this object alone differs."""
import sys

DEPLOYMENT = """spec:
  replicas: 3
  selector: {{matchLabels: {{app: web-{i}}}}}
  template:
    metadata: {{labels: {{app: web-{i}}}}}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.0.0
        ports: [{{containerPort: 8080}}]
        resources: {{requests: {{cpu: 200m, memory: 256Mi}}, limits: {{cpu: 500m, memory: 512Mi}}}}
        env: [{{name: REGION, value: any}}, {{name: LOG_LEVEL, value: "{changed}"}}]
"""
OTHERS = [
    ("v1", "ConfigMap", 'data: {{level: "{changed}", mode: fast}}\n'),
    ("v1", "Service", 'spec: {{selector: {{app: "{changed}"}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}\n'),
    ("v1", "Secret", 'stringData: {{password: "{changed}"}}\n'),
    ("v1", "ServiceAccount", "automountServiceAccountToken: false\n"),
    ("networking.k8s.io/v1", "NetworkPolicy", "spec: {{podSelector: {{matchLabels: {{app: web-{i}}}}}, policyTypes: [Ingress]}}\n"),
]


def head(api_version, kind, i):
    return f"---\napiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: web-{i}, namespace: bench, labels: {{app: web-{i}}}}}\n"


def indented(text):
    return "".join("    " + line + "\n" for line in text.splitlines())


def document(what, i, changed):
    if what == "configmaps":
        lines = "".join(f"    line {n} of {i}: {'x' * 80}\n" for n in range(100))
        return head("v1", "ConfigMap", i) + f'data:\n  level: "{changed}"\n  text: |\n{lines}'
    if what == "kinds" and i % 6 != 0:
        api_version, kind, body = OTHERS[i % 6 - 1]
        return head(api_version, kind, i) + body.format(i=i, changed=changed)
    spec = DEPLOYMENT.format(i=i, changed=changed)
    if what != "federated":
        return head("apps/v1", "Deployment", i) + spec
    return (
        head("types.kubefed.io/v1beta1", "FederatedDeployment", i)
        + "spec:\n  placement: {clusterSelector: {}}\n  template:\n"
        + indented(spec)
        + "  overrides:\n  - clusterName: tokyo-cluster\n    clusterOverrides:\n"
        + f"    - {{path: /spec/replicas, value: {i % 7 + 1}}}\n"
        + "    - {path: /spec/template/spec/containers/0/image, value: registry.example.com/web:2.0.0}\n"
    )


what, count = sys.argv[1], int(sys.argv[2])
changed = sys.argv[3] if len(sys.argv) > 3 else "info"
for i in range(count):
    sys.stdout.write(document(what, i, changed if i == 1 else "info"))
