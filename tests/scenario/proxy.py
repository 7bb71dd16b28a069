#!/usr/bin/env python3
"""Stands before a real API server and shows faults that the real thing cannot be made to show.

usage: proxy.py PORT SERVER-PORT PKI-FOLDER FAULT [tls]

It speaks HTTP; with `tls` it speaks TLS, by the server's own certificate.

FAULT is one of
  old-discovery   answers discovery as servers before 1.26 do, one group and version at a time
  busy            answers every path with 429 and Retry-After once, then lets it through
  unavailable     answers every path with 503 once, then lets it through
  errors-N        answers N of a hundred requests, drawn at random, with 500, and as many with 429 and Retry-After
  half            cuts every list in half
  hang            never answers a list
  hang-writes     never answers a write, and makes the file `hanging` when one is there; Leases are written
  reset           closes the connection once for every path, then lets it through
  refuse-N        refuses the Nth write with 403 (reviews of one's own rights and dry runs are no writes)
  lose-N          carries the Nth write out, and answers 500 all the same
  lose-HOW        carries writes out (but those of Leases), and the answer is lost: HOW is `closed` (the connection), `hung` (no answer),
                  `html` (200), `gateway` (504), `teapot` (400, of no API server)
  sick-N          answers the first N looks at /healthz with 500
  mutate-N        spoils one value in about a third of the answers, chosen by the seed N (mutate.py)
  wait-N          answers everything with 429, and Retry-After: N
  lie-NAME        answers lists with what lies.py has under that name
  hide-NAME       the same, but tells the truth about what carries a label
  watch-NAME      answers watches with what lies.py has under that name, and closes them
  hostile         puts what steers a terminal into messages, managers' names and versions, and refuses what is named `refused`
  quote           refuses every write of a Secret, dry runs too, and quotes what was sent and what is there
  quote-writes    the same, but for dry runs; deletions too
  quote-reads     refuses to let a Secret be read, and quotes it
  not-there       answers deletions with 404, and carries none out
  not-there-HOW   the same, and what is then asked for is answered with status HOW
  made-first      somebody else creates each ConfigMap just before the first PATCH of it arrives; one named `refused` is refused
  ready-HOW       says that Deployments are ready, of others than the one that was written: HOW is `stranger` (another UID), `older` (no
                  generation), `going` (being deleted)
  stays           answers deletions with success, and carries none out
  stays-object    the same, with the object itself for an answer
  stale-GROUP     says in discovery that the group does not answer
  without-GROUP   leaves the group out of discovery
  finalized       adds a finalizer to each object that is applied, as a webhook may
  gone-once       answers the second GET of each ConfigMap with 404
  quote-token     refuses every write, and quotes the request's Authorization
  quote-escaped   the same, with each hyphen written as JSON's \\u002d
  quote-password  the same, with the name and the password of a Basic Authorization as they are
  absent-HOW      404 to every request for fault-1, naming no object (HOW: none) or another one (HOW: other)
  stranger        answers watches with an object of another namespace, and of another type, that is ready
  odd-type        names the kind of ConfigMaps in discovery, which it should describe
  small-pages     serves lists two at a time, and forgets the continuation once (410)
"""
import base64
import http.client
import http.server
import json
import random
import re
import ssl
import sys
import threading
import time

from lies import LIES, WATCHES
from mutate import Mutator

port, server_port, pki, fault = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
context = ssl.create_default_context(cafile=f"{pki}/ca.crt")
context.load_cert_chain(f"{pki}/admin.crt", f"{pki}/admin.key")
HOSTILE = "x\x1b[2K\x07\r\n+ create Deployment false/line\x9b31m\u202e\x7f\x00"
forever = threading.Event()
mutated = Mutator(int(fault[7:])) if fault.startswith("mutate-") else None
seen = set()
counts = {}
writes = 0
looks = 0


def made_hostile(value):
    """Appends HOSTILE to the strings that a server is free to choose."""
    if isinstance(value, list):
        return [made_hostile(item) for item in value]
    if not isinstance(value, dict):
        return value
    chosen = {"message", "manager", "gitVersion"}
    return {key: item + HOSTILE if key in chosen and isinstance(item, str) else made_hostile(item) for key, item in value.items()}


def without_group(document, group, is_stale):
    if is_stale:
        for one in document["items"]:
            for version in one["versions"] if one["metadata"].get("name") == group else []:
                version.update(freshness="Stale", resources=[])
    else:
        document["items"] = [one for one in document["items"] if one["metadata"].get("name") != group]
    return json.dumps(document).encode()


def made_ready(document, how):
    for one in document.get("items", [document]) or []:
        count = one.get("spec", {}).get("replicas", 1)
        one["status"] = {"observedGeneration": 9, "replicas": count, "readyReplicas": count, "availableReplicas": count, "updatedReplicas": count}
        if how == "stranger":
            one["metadata"]["uid"] = "another"
        if how == "older":
            del one["metadata"]["generation"]
        if how == "going":
            one["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return document


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def first_time(self):
        key = self.command + self.path
        return key not in seen and not seen.add(key)

    def gets(self):
        counts[self.path] = counts.get(self.path, 0) + 1
        return counts[self.path]

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, events, for_ever):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(events)
        while for_ever:
            time.sleep(0.01)
            self.wfile.write(events)

    def pass_on(self, response):
        """What comes bit by bit, as a watch does."""
        self.send_response(response.status)
        self.send_header("Content-Type", response.getheader("Content-Type", "application/json"))
        self.send_header("Connection", "close")
        self.end_headers()
        while piece := response.read1():
            self.wfile.write(piece)
            self.wfile.flush()

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if fault == "busy" and self.first_time():
            return self.answer(429, b"{}", [("Retry-After", "0")])
        if fault.startswith("errors-"):
            drawn = random.randrange(100)
            if drawn < int(fault[7:]):
                return self.answer(500, b'{"kind": "Status", "status": "Failure", "reason": "InternalError", "code": 500, "message": "drawn at random"}')
            if drawn < 2 * int(fault[7:]):
                return self.answer(429, b"{}", [("Retry-After", "1")])
        if fault.startswith("wait-"):
            return self.answer(429, b"{}", [("Retry-After", fault[5:])])
        if fault == "unavailable" and self.first_time():
            return self.answer(503, b"busy")
        if fault == "reset" and self.first_time():
            self.close_connection = True
            return self.connection.close()
        if fault.startswith("watch-") and "watch=1" in self.path:
            return self.stream(WATCHES[fault[6:]], fault == "watch-bookmarks")
        is_list = "limit=" in self.path
        lies = fault.startswith("lie-") or (fault.startswith("hide-") and "labelSelector" not in self.path)
        if is_list and lies:
            status, lie = LIES[fault.partition("-")[2]]
            zipped = [("Content-Encoding", "gzip")] if lie.startswith(b"\x1f\x8b") else []
            return self.answer(status, lie, [("Content-Type", "application/json"), ("Location", "/elsewhere"), *zipped])
        if fault == "hang" and "limit=" in self.path:
            return forever.wait()
        if fault == "small-pages" and "continue=" in self.path and "gone" not in seen:
            seen.add("gone")
            gone = b'{"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410, "message": "The provided continue parameter is too old"}'
            return self.answer(410, gone, [("Content-Type", "application/json")])
        if fault.startswith("sick-") and self.path == "/healthz":
            global looks
            looks += 1
            if looks <= int(fault[5:]):
                return self.answer(500, b"[-]etcd failed")
        is_write = self.command != "GET" and "selfsubject" not in self.path and "dryRun" not in self.path
        if is_write:
            global writes
            writes += 1
        if is_write and fault == "hang-writes" and "/leases" not in self.path:
            open("hanging", "w").close()
            return forever.wait()
        if is_write and fault == f"refuse-{writes}":
            refusal = b'{"kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403, "message": "the proxy refuses this write"}'
            return self.answer(403, refusal, [("Content-Type", "application/json")])
        path = re.sub("limit=[0-9]+", "limit=2", self.path) if fault == "small-pages" else self.path
        quotes = fault == "quote" and self.command == "PATCH"
        quotes = quotes or (fault == "quote-writes" and is_write and self.command in ("PATCH", "DELETE"))
        if fault == "made-first" and is_write and self.command == "PATCH" and "/configmaps/" in path:
            if path.partition("?")[0].endswith("/refused"):
                return self.answer(403, b'{"kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403, "message": "no"}')
            if self.first_time():
                made = {"metadata": {"name": path.partition("?")[0].rpartition("/")[2]}, "data": {"precious": "of somebody else"}}
                other = http.client.HTTPSConnection("127.0.0.1", server_port, context=context)
                other.request("POST", path.partition("?")[0].rpartition("/")[0], json.dumps(made), {"Content-Type": "application/json"})
                other.getresponse().read()
        if fault == "gone-once" and self.command == "GET" and "/configmaps/" in path and self.gets() == 2:
            return self.answer(404, b'{"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404, "message": "not found"}')
        if fault in ("quote-token", "quote-escaped", "quote-password") and is_write:
            authorization = str(self.headers["Authorization"])
            if fault == "quote-password":
                authorization = base64.b64decode(authorization.split()[1]).decode()
            quoted = {"kind": "Status", "status": "Failure", "reason": "BadRequest", "code": 400, "message": "bad header " + authorization}
            body = json.dumps(quoted)
            if fault == "quote-escaped":
                body = body.replace("-", "\\u002d")
            return self.answer(400, body.encode(), [("Content-Type", "application/json")])
        if fault.startswith("absent-") and "/configmaps/fault-1" in path and self.command in ("GET", "DELETE"):
            words = "the server could not find the requested resource" if fault == "absent-none" else 'configmaps "another" not found'
            absent = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404, "message": words}
            return self.answer(404, json.dumps(absent).encode(), [("Content-Type", "application/json")])
        if fault == "stranger" and "watch=1" in path:
            name = "web"
            ready = {"observedGeneration": 9, "replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1}
            event = {"type": "MODIFIED", "object": {"kind": "Deployment", "apiVersion": "apps/v1", "spec": {"replicas": 1}, "status": ready,
                                                    "metadata": {"name": name, "namespace": "another", "generation": 1, "uid": "u"}}}
            return self.stream(json.dumps(event).encode() + b"\n", False)
        if fault.startswith("not-there-") and self.command == "GET" and path.partition("?")[0].endswith("/fault-1") and "deleted" in seen:
            return self.answer(int(fault[10:]), b'{"kind": "Status", "status": "Failure", "message": "sorry"}')
        if fault.startswith("not-there") and self.command == "DELETE":
            seen.add("deleted")
            missing = b'{"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404, "message": "not found"}'
            return self.answer(404, missing, [("Content-Type", "application/json")])
        if fault == "stays" and self.command == "DELETE" and is_write and "/leases" not in path:
            return self.answer(200, b'{"kind": "Status", "apiVersion": "v1", "status": "Success"}', [("Content-Type", "application/json")])
        if fault == "stays-object" and self.command == "DELETE" and is_write and "/leases" not in path:
            self.command, body = "GET", b""
        if fault == "finalized" and self.command == "PATCH" and is_write and "/configmaps/" in path:
            applied = json.loads(body)
            applied["metadata"]["finalizers"] = ["example.com/keep"]
            body = json.dumps(applied).encode()
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "accept-encoding", "content-length")}
        if fault == "old-discovery" and "apidiscovery" in headers.get("Accept", ""):
            headers["Accept"] = "application/json"
        server = http.client.HTTPSConnection("127.0.0.1", server_port, context=context)
        if not (quotes and "/secrets/" in path):
            server.request(self.command, path, body or None, headers)
        else:
            server.request("GET", path.partition("?")[0])
        response = server.getresponse()
        if fault.startswith("errors-") and "watch=" in path:
            return self.pass_on(response)
        content = response.read()
        if fault == "odd-type" and b"APIGroupDiscoveryList" in content:
            content = re.sub(rb'"responseKind":\{[^{}]*"ConfigMap"\}', b'"responseKind":"ConfigMap"', content)
        if fault.startswith(("stale-", "without-")) and b"APIGroupDiscoveryList" in content:
            content = without_group(json.loads(content), fault.partition("-")[2], fault.startswith("stale-"))
        if fault.startswith("ready-") and self.command == "GET" and "/deployments" in path and response.status == 200:
            if "watch=1" in path:
                return self.stream(b"", False)
            content = json.dumps(made_ready(json.loads(content), fault[6:])).encode()
        if fault == "half" and "limit=" in path:
            content = content[: len(content) // 2]
        if fault == "quote-reads" and self.command == "GET" and "/secrets/" in path:
            refusal = {"kind": "Status", "status": "Failure", "reason": "InternalError", "code": 500, "message": "no: '" + content.decode() + "'"}
            return self.answer(500, json.dumps(refusal).encode(), [("Content-Type", "application/json")])
        if quotes and "/secrets/" in path:
            quoted = body.decode() + content.decode()
            quoted += "".join(f" '{base64.b64decode(value).decode()}'" for value in re.findall('"password": *"([^"]*=)"', quoted))
            refusal = {"kind": "Status", "status": "Failure", "reason": "Invalid", "code": 422, "message": "the webhook says no to " + quoted}
            return self.answer(422, json.dumps(refusal).encode(), [("Content-Type", "application/json")])
        if fault == "hostile" and self.command == "PATCH" and "/refused" in path:
            refusal = {"kind": "Status", "status": "Failure", "reason": "Invalid", "code": 422, "message": "refused: " + HOSTILE}
            return self.answer(422, json.dumps(refusal).encode(), [("Content-Type", "application/json")])
        if fault == "hostile" and content.startswith(b"{"):
            content = json.dumps(made_hostile(json.loads(content))).encode()
        if mutated:
            content = mutated(content)
        if is_write and "/leases" not in path and fault == "lose-closed":
            self.close_connection = True
            return self.connection.close()
        if is_write and "/leases" not in path and fault == "lose-hung":
            return forever.wait()
        if is_write and "/leases" not in path and fault == "lose-html":
            return self.answer(200, b"<html>all is well</html>", [("Content-Type", "text/html")])
        if is_write and "/leases" not in path and fault == "lose-teapot":
            return self.answer(400, b"<html>I am no API server</html>", [("Content-Type", "text/html")])
        if is_write and "/leases" not in path and fault == "lose-gateway":
            return self.answer(504, b"<html>504 Gateway Timeout</html>", [("Content-Type", "text/html")])
        if is_write and fault == f"lose-{writes}":
            loss = b'{"kind": "Status", "status": "Failure", "reason": "InternalError", "code": 500, "message": "the proxy loses this answer"}'
            return self.answer(500, loss, [("Content-Type", "application/json")])
        keep = [(name, value) for name, value in response.getheaders() if name.lower() in ("content-type", "retry-after", "etag")]
        return self.answer(response.status, content, keep)

    do_GET = do_PATCH = do_POST = do_PUT = do_DELETE = forward

    def log_message(self, *_):
        pass


proxy = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
if "tls" in sys.argv[5:]:
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(f"{pki}/server.crt", f"{pki}/server.key")
    # The handshake is the business of each connection's own thread, so one that does not begin it holds nobody up.
    proxy.socket = ours.wrap_socket(proxy.socket, server_side=True, do_handshake_on_connect=False)
proxy.serve_forever()
