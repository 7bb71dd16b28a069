#!/usr/bin/env python3
"""Other managers edit objects at random; each edit must be found by the next plan, and none invented.

    random_edits.py FEDCTL CONTEXTS FOLDER EDITS SEED

Works on what `input()` says in the namespace production of the first cluster of CONTEXTS, through `api` of the test bed (environment
FEDCTL_TESTBED_DIR). After every edit the plan must show just the edited object, with --read=auto and --read=full alike, and
what an apply mends must be unchanged afterwards.
"""
import json, os, random, ssl, subprocess, sys, urllib.error, urllib.request

fedctl, contexts, folder, edits, seed = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
bed = os.environ["FEDCTL_TESTBED_DIR"]
cluster = contexts.split(",")[0]
port = open(f"{bed}/{cluster}/port").read().strip()
tls = ssl.create_default_context(cafile=f"{bed}/pki/ca.crt")
tls.load_cert_chain(f"{bed}/pki/admin.crt", f"{bed}/pki/admin.key")
dice = random.Random(seed)


def request(method, path, body=None, kind="application/json"):
    data = None if body is None else json.dumps(body).encode()
    wanted = urllib.request.Request(f"https://127.0.0.1:{port}{path}", data, {"Content-Type": kind}, method=method)
    try:
        with urllib.request.urlopen(wanted, context=tls) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as problem:
        sys.exit(f"{method} {path}: {problem.read().decode()}")


def merge(path, body, manager="somebody"):
    request("PATCH", f"{path}?fieldManager={manager}", body, "application/merge-patch+json")


def operations(path, body, manager="somebody"):
    request("PATCH", f"{path}?fieldManager={manager}", body, "application/json-patch+json")


core, apps = "/api/v1/namespaces/production", "/apis/apps/v1/namespaces/production"
rbac, net = "/apis/rbac.authorization.k8s.io/v1/namespaces/production", "/apis/networking.k8s.io/v1/namespaces/production"
paths = {"ConfigMap": f"{core}/configmaps/", "Secret": f"{core}/secrets/", "Service": f"{core}/services/",
         "Deployment": f"{apps}/deployments/", "Role": f"{rbac}/roles/", "NetworkPolicy": f"{net}/networkpolicies/"}
count = 4


def input():
    objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "production"}}]
    for i in range(count):
        named = {"name": f"x{i}", "namespace": "production", "labels": {"app": f"x{i}"}, "annotations": {"example.com/note": "ours"}}
        pod = {"metadata": {"labels": {"app": f"x{i}"}},
               "spec": {"containers": [{"name": "web", "image": "registry.example.com/web:1", "args": ["--a", "--b"],
                                        "env": [{"name": "ROLE", "value": "one"}, {"name": "LEVEL", "value": "info"}],
                                        "ports": [{"containerPort": 8080}]}]}}
        objects += [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": {"a": "1", "b": "2"}},
            {"apiVersion": "v1", "kind": "Secret", "metadata": named, "stringData": {"password": "hunter2"}},
            {"apiVersion": "v1", "kind": "Service", "metadata": named, "spec": {"selector": {"app": f"x{i}"}, "ports": [{"port": 80}]}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": named,
             "spec": {"replicas": 1, "selector": {"matchLabels": {"app": f"x{i}"}}, "template": pod}},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": named,
             "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]},
            {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": named,
             "spec": {"podSelector": {"matchLabels": {"app": f"x{i}"}}, "policyTypes": ["Ingress"]}}]
    return objects


def word():
    return "".join(dice.choice("abcdefghij") for _ in range(8))


# Each edit: what it does to the object at a path, and what the plan must say then: an action and a part of a field's path, or "none".
def any_kind():
    return [
        (lambda p: merge(p, {"metadata": {"labels": {"app": word()}}}), "update", "metadata.labels.app"),
        (lambda p: merge(p, {"metadata": {"labels": {"app": None}}}), "update", "metadata.labels.app"),
        (lambda p: merge(p, {"metadata": {"annotations": {"example.com/note": word()}}}), "update", "metadata.annotations"),
        (lambda p: merge(p, {"metadata": {"annotations": {"example.com/other": word()}}}), "none", ""),
        (lambda p: merge(p, {"metadata": {"labels": {"theirs": word()}}}), "none", ""),
        (lambda p: merge(p, {"metadata": {"annotations": {"fedctl.io/applied-hash": word()}}}), "none", ""),
        (lambda p: merge(p, {"metadata": {"managedFields": [{}]}}), "none", ""),
        (lambda p: merge(p, {"metadata": {"labels": {"kubefed.io/managed": None}}}), "conflict", ""),
        (lambda p: merge(p, {"metadata": {"labels": {"kubefed.io/managed": "false"}}}), "conflict", ""),
        (lambda p: request("DELETE", p), "create", ""),
    ]


def of_kind(kind):
    container = "/spec/template/spec/containers/0"
    return {
        "ConfigMap": [
            (lambda p: merge(p, {"data": {"a": word()}}), "update", "data.a"),
            (lambda p: merge(p, {"data": {"b": None}}), "update", "data.b"),
            (lambda p: merge(p, {"data": {"c": word()}}), "none", ""),
            (lambda p: merge(p, {"data": None}), "update", "data"),
        ],
        "Secret": [
            (lambda p: merge(p, {"data": {"password": "d29yZA=="}}), "update", "data.password"),
            (lambda p: merge(p, {"stringData": {"password": word()}}), "update", "data.password"),
            (lambda p: merge(p, {"stringData": {"theirs": word()}}), "none", ""),
        ],
        "Service": [
            (lambda p: merge(p, {"spec": {"selector": {"app": word()}}}), "update", "spec.selector"),
            (lambda p: merge(p, {"spec": {"type": "NodePort"}}), "none", ""),
            (lambda p: merge(p, {"spec": {"sessionAffinity": "ClientIP"}}), "none", ""),
            (lambda p: operations(p, [{"op": "replace", "path": "/spec/ports/0/port", "value": dice.randint(81, 999)}]), "conflict", ""),
            (lambda p: operations(p, [{"op": "replace", "path": "/spec/ports/0/targetPort", "value": dice.randint(81, 999)}]), "none", ""),
        ],
        "Deployment": [
            (lambda p: merge(f"{p}/scale", {"spec": {"replicas": dice.randint(2, 3)}}), "update", "spec.replicas"),
            (lambda p: merge(p, {"spec": {"replicas": 0}}), "update", "spec.replicas"),
            (lambda p: operations(p, [{"op": "replace", "path": f"{container}/image", "value": f"registry.example.com/{word()}:2"}]), "update", "image"),
            (lambda p: operations(p, [{"op": "replace", "path": f"{container}/env/0/value", "value": word()}]), "update", "env[name=ROLE].value"),
            (lambda p: operations(p, [{"op": "remove", "path": f"{container}/env/1"}]), "update", "env"),
            (lambda p: operations(p, [{"op": "add", "path": f"{container}/env/-", "value": {"name": word().upper(), "value": "x"}}]), "none", ""),
            (lambda p: operations(p, [{"op": "add", "path": f"{container}/args/-", "value": "--theirs"}]), "update", "args"),
            (lambda p: operations(p, [{"op": "remove", "path": f"{container}/ports"}]), "update", "ports"),
            (lambda p: merge(p, {"spec": {"paused": True}}), "none", ""),
            (lambda p: merge(p, {"spec": {"revisionHistoryLimit": 3}}), "none", ""),
        ],
        "Role": [
            (lambda p: operations(p, [{"op": "add", "path": "/rules/0/verbs/-", "value": "watch"}]), "update", "rules"),
            (lambda p: merge(p, {"rules": []}), "update", "rules"),
        ],
        "NetworkPolicy": [
            (lambda p: merge(p, {"spec": {"podSelector": {"matchLabels": {"app": word()}}}}), "update", "spec.podSelector"),
            (lambda p: merge(p, {"spec": {"egress": []}}), "none", ""),
        ],
    }[kind]


def run(*words, code=None):
    done = subprocess.run([fedctl, *words], capture_output=True, text=True, timeout=120)
    if code is not None and done.returncode not in code:
        sys.exit(f"seed {seed}: fedctl {' '.join(words)} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def plan(read):
    return json.loads(run("plan", "-f", manifest, "--contexts", contexts, "-o", "json", f"--read={read}", code=(0, 4)))


def actions(document):
    found = {}
    for one in document["clusters"]:
        for change in one["changes"]:
            if change["action"] != "unchanged":
                found[(one["name"], change["object"]["kind"], change["object"]["name"])] = (change["action"], [f["path"] for f in change["fields"]])
    return found


manifest = f"{folder}/random.json"
with open(manifest, "w") as file:
    json.dump({"apiVersion": "v1", "kind": "List", "items": input()}, file)
run("apply", "-f", manifest, "--contexts", contexts, "--yes", "--wait=false", code=(0,))
for number in range(edits):
    kind = dice.choice(sorted(paths))
    name = f"x{dice.randrange(count)}"
    choices = any_kind() + 2 * of_kind(kind)
    which = dice.randrange(len(choices))
    edit, action, field = choices[which]
    where = f"seed {seed}, edit {number}: {kind} {name}, choice {which}"
    edit(paths[kind] + name)
    auto, full = plan("auto"), plan("full")
    if auto != full:
        sys.exit(f"{where}: --read=auto and --read=full differ:\n{json.dumps(actions(auto))}\n{json.dumps(actions(full))}")
    seen = actions(auto)
    if action == "none":
        if seen:
            sys.exit(f"{where}: expected nothing to do, seen {seen}")
    elif list(seen) != [(cluster, kind, name)] or seen[(cluster, kind, name)][0] != action:
        sys.exit(f"{where}: expected {action} of it alone, seen {seen}")
    elif field and not any(field in path for path in seen[(cluster, kind, name)][1]):
        sys.exit(f"{where}: expected a change of {field}, seen {seen}")
    if action == "conflict" and "what somebody changed" in json.dumps(auto):
        request("DELETE", paths[kind] + name)
    elif action == "conflict":
        merge(paths[kind] + name, {"metadata": {"labels": {"kubefed.io/managed": "true"}}})
    # Mended now and then only, so that marks that are out of date are met too.
    if action != "none" or dice.random() < 0.5:
        run("apply", "-f", manifest, "--contexts", contexts, "--yes", "--wait=false", code=(0,))
        left = actions(plan("auto"))
        if left:
            sys.exit(f"{where}: after apply there is still {left}")
print(f"{edits} edits found")
