#!/usr/bin/env python3
"""Prints a kubeconfig with many contexts that all lead to one server: contexts.py KUBECONFIG CONTEXT COUNT

The contexts are called cluster-1, cluster-2, ...; each has a cluster and a user of its own, as the tools of clouds write them."""
import sys

import yaml


def main():
    path, wanted, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(path, encoding="utf-8") as file:
        config = yaml.safe_load(file)
    named = lambda what, name: next(entry for entry in config[what] if entry["name"] == name)
    context = named("contexts", wanted)["context"]
    cluster = named("clusters", context["cluster"])["cluster"]
    user = named("users", context["user"])["user"]
    names = [f"cluster-{n}" for n in range(1, count + 1)]
    many = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": dict(cluster)} for name in names],
        "users": [{"name": name, "user": dict(user)} for name in names],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
    }
    yaml.safe_dump(many, sys.stdout)


main()
