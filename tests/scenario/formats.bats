#!/usr/bin/env bats
# The plan as programs, forges and people read it.

setup_file() {
  load support
  start_clusters
  forget production
  cd "$BATS_FILE_TMPDIR"
  input one hunter2 >before.yaml
  fedctl apply -f before.yaml $contexts --yes >/dev/null
}
setup() { load support; in_own_folder; input two hunter3 >after.yaml; }

# input VALUE PASSWORD
input() {
  cat <<EOF
apiVersion: v1
kind: Namespace
metadata: {name: production}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: production}
data: {mode: "$1 & <$1>"}
---
apiVersion: v1
kind: Secret
metadata: {name: login, namespace: production}
stringData: {password: "$2", user: bob}
EOF
}

@test "--diff=unified shows files as kubectl diff does, Secrets masked" {
  run fedctl plan -f after.yaml $contexts --diff=unified
  exits 0
  says "--- LIVE/tokyo-cluster.v1.ConfigMap.production.settings"
  says "-  mode: one & <one>"
  says "+  mode: two & <two>"
  says '-  password: "*** (before)"'
  says '+  password: "*** (after)"'
  says '   user: "***"'
  says_not "$(printf hunter3 | base64)"
  says "Plan: 0 to create, 6 to update, 0 to delete"
}

@test "--diff=unified shows what is created and deleted whole" {
  sed -i 's/name: settings/name: others/' after.yaml
  run fedctl plan -f after.yaml --contexts tokyo-cluster --diff=unified --prune
  exits 0
  says "+  name: others"
  says "-  name: settings"
}

@test "KUBECTL_EXTERNAL_DIFF is honoured, and its words are not a shell's" {
  printf '#!/bin/sh\necho "mine: $*"; ls "$2" | wc -l\n' >differ
  chmod +x differ
  KUBECTL_EXTERNAL_DIFF="$PWD/differ -x ;touch /tmp/evil" run fedctl plan -f after.yaml $contexts --diff=unified
  exits 0
  says "mine: -x LIVE WANTED"
  KUBECTL_EXTERNAL_DIFF=no-such-program run fedctl plan -f after.yaml $contexts --diff=unified
  exits 1
  says "'no-such-program' cannot be run"
}

@test "-o yaml is the JSON document" {
  fedctl plan -f after.yaml $contexts -o yaml >plan.yaml
  grep -q '^kind: Plan$' plan.yaml
  grep -q 'old: one & <one>' plan.yaml
  [ "$(grep -c 'action: update' plan.yaml)" = 6 ]
}

@test "-o markdown folds each cluster, and fits a comment however much there is" {
  run fedctl plan -f after.yaml $contexts -o markdown
  exits 0
  golden plan.md
  for i in $(seq 1500); do printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a-rather-long-name-of-a-config-map-%s, namespace: production}\n' "$i"; done >many.yaml
  fedctl plan -f many.yaml $contexts -o markdown >many.md
  [ "$(wc -c <many.md)" -lt 65536 ]
  [ "$(grep -c '^<details open>' many.md)" = 3 ]
  [ "$(grep -c '^</details>' many.md)" = 3 ]
  [ $(($(grep -c '^```' many.md) % 2)) = 0 ]
  grep -q '^# ... and .* more$' many.md
}

@test "-o html is one page with a matrix, escaped, that names nothing outside itself" {
  fedctl plan -f after.yaml $contexts -o html >plan.html
  python3 - <<'EOF'
import html.parser
class Page(html.parser.HTMLParser):
    open, cells, links, ids = [], [], [], []
    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        assert "src" not in values and not values.get("href", "#").startswith("http")
        if tag != "meta": self.open.append(tag)
        if tag == "td" and "cell" in values.get("class", ""): self.cells.append(values["class"])
        if "href" in values: self.links.append(values["href"][1:])
        if "id" in values: self.ids.append(values["id"])
    def handle_endtag(self, tag): assert self.open.pop() == tag
page = Page()
page.feed(open("plan.html").read())
assert not page.open
assert page.cells.count("cell update") == 6 and page.cells.count("cell unchanged") == 3, page.cells
assert sorted(page.links) == sorted(page.ids) and len(page.ids) == 6
EOF
  grep -q 'two &amp; &lt;two&gt;' plan.html
  not grep -q "$(printf hunter3 | base64)" plan.html
}

@test "-o junit counts pending changes as skipped, conflicts as failures, unknowns as errors" {
  create tokyo-cluster /api/v1/namespaces/production/configmaps '{"metadata": {"name": "theirs"}}'
  printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs, namespace: production}\n' >>after.yaml
  kubeconfig_of lost tokyo-cluster | sed 's#server: "https://[^"]*"#server: "https://127.0.0.1:1"#' >lost.config
  KUBECONFIG=$KUBECONFIG:lost.config run fedctl plan -f after.yaml --contexts tokyo-cluster,lost -o junit
  exits 3
  python3 - <<<"
import sys, xml.etree.ElementTree as xml
suites = xml.fromstring('''$output''')
assert (suites.get('tests'), suites.get('failures'), suites.get('errors'), suites.get('skipped')) == ('5', '1', '1', '2'), xml.tostring(suites)
assert suites.find('.//failure').get('type') == 'conflict' and suites.find('.//error').get('type') == 'unreachable'
"
  api tokyo-cluster /api/v1/namespaces/production/configmaps/theirs -X DELETE >/dev/null
}
