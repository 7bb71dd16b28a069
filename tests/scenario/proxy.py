#!/usr/bin/env python3
"""Stands before a real API server and shows faults that the real thing cannot be made to show.

usage: proxy.py PORT SERVER-PORT PKI-FOLDER FAULT

FAULT is one of
  old-discovery   answers discovery as servers before 1.26 do, one group and version at a time
  busy            answers every path with 429 and Retry-After once, then lets it through
  unavailable     answers every path with 503 once, then lets it through
  half            cuts every list in half
  hang            never answers a list
  reset           closes the connection once for every path, then lets it through
  refuse-N        refuses the Nth write with 403 (reviews of one's own rights and dry runs are no writes)
  lose-N          carries the Nth write out, and answers 500 all the same
  sick-N          answers the first N looks at /healthz with 500
  small-pages     serves lists two at a time, and forgets the continuation once (410)
"""
import http.client
import http.server
import re
import ssl
import sys
import threading

port, server_port, pki, fault = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
context = ssl.create_default_context(cafile=f"{pki}/ca.crt")
context.load_cert_chain(f"{pki}/admin.crt", f"{pki}/admin.key")
forever = threading.Event()
seen = set()
writes = 0
looks = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def first_time(self):
        key = self.command + self.path
        return key not in seen and not seen.add(key)

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if fault == "busy" and self.first_time():
            return self.answer(429, b"{}", [("Retry-After", "0")])
        if fault == "unavailable" and self.first_time():
            return self.answer(503, b"busy")
        if fault == "reset" and self.first_time():
            self.close_connection = True
            return self.connection.close()
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
        if is_write and fault == f"refuse-{writes}":
            refusal = b'{"kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403, "message": "the proxy refuses this write"}'
            return self.answer(403, refusal, [("Content-Type", "application/json")])
        path = re.sub("limit=[0-9]+", "limit=2", self.path) if fault == "small-pages" else self.path
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "accept-encoding")}
        if fault == "old-discovery" and "apidiscovery" in headers.get("Accept", ""):
            headers["Accept"] = "application/json"
        server = http.client.HTTPSConnection("127.0.0.1", server_port, context=context)
        server.request(self.command, path, body or None, headers)
        response = server.getresponse()
        content = response.read()
        if fault == "half" and "limit=" in path:
            content = content[: len(content) // 2]
        if is_write and fault == f"lose-{writes}":
            loss = b'{"kind": "Status", "status": "Failure", "reason": "InternalError", "code": 500, "message": "the proxy loses this answer"}'
            return self.answer(500, loss, [("Content-Type", "application/json")])
        keep = [(name, value) for name, value in response.getheaders() if name.lower() in ("content-type", "retry-after", "etag")]
        return self.answer(response.status, content, keep)

    do_GET = do_PATCH = do_POST = do_PUT = do_DELETE = forward

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
