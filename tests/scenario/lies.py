"""What a server, or something before it, may answer a request with that it did not understand: (status, body) by name."""
import gzip
import json


def status(code, reason, message):
    return json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}).encode()


def config_maps(**fields):
    return json.dumps({"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, **fields}).encode()


deep = b"[" * 100_000 + b"]" * 100_000

LIES = {
    "bad-request": (400, status(400, "BadRequest", "no")),
    "not-found": (404, status(404, "NotFound", "the server could not find the requested resource")),
    "not-allowed": (405, status(405, "MethodNotAllowed", "no")),
    "gone": (410, status(410, "Expired", "The provided continue parameter is too old")),
    "too-large": (413, b"<html>too large</html>"),
    "teapot": (418, b"teapot"),
    "invalid": (422, status(422, "Invalid", "no")),
    "redirect": (302, b""),
    "no-content": (204, b""),
    "object": (200, b"{}"),
    "null": (200, b"null"),
    "success": (200, b'{"kind": "Status", "apiVersion": "v1", "status": "Success"}'),
    "table": (200, b'{"kind": "Table", "apiVersion": "meta.k8s.io/v1", "rows": []}'),
    "other-kind": (200, b'{"kind": "NothingList", "apiVersion": "v1", "items": []}'),
    "without-items": (200, config_maps()),
    "map-of-items": (200, config_maps(items={})),
    "numbers": (200, config_maps(items=[1, 2])),
    "strings": (200, config_maps(items=["a"])),
    "lists": (200, config_maps(items=[[], [None]])),
    "nameless": (200, config_maps(items=[{"metadata": 5}])),
    "deep": (200, b'{"kind": "ConfigMapList", "apiVersion": "v1", "items": [{"metadata": {"name": "a", "x": ' + deep + b"}}]}"),
    "endless": (200, config_maps(items=[], metadata={"continue": "again"})),
    "odd-continue": (200, config_maps(items=[], metadata={"continue": 5})),
    "remaining": (200, config_maps(items=[], metadata={"remainingItemCount": 9})),
    "odd-metadata": (200, config_maps(items=[], metadata=[1])),
    "two-lists": (200, config_maps(items=[]).replace(b'"items": []', b'"items": [{"metadata": {"name": "a"}}], "items": []')),
    "html": (200, b"<html>log in</html>"),
    "bomb": (200, gzip.compress(b" " * (300 << 20), 1)),
}


def event(kind, thing):
    return b'{"type": "' + kind.encode() + b'", "object": ' + thing + b"}\n"


# What a watch may be told before it is closed; "bookmarks" is told for ever.
WATCHES = {
    "closed": b"",
    "gone": event("ERROR", status(410, "Expired", "too old resource version")),
    "error": event("ERROR", b"5"),
    "garbage": b"\x00\xff garbage\n" * 10,
    "html": b"<html>log in</html>\n",
    "number": event("MODIFIED", b"5"),
    "list": event("DELETED", b"[]"),
    "nameless": event("MODIFIED", b'{"metadata": 5}'),
    "deep": event("MODIFIED", deep),
    "long-line": b"x" * (1 << 20),
    "bookmarks": event("BOOKMARK", b'{"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"resourceVersion": "1"}}'),
}
