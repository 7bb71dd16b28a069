#!/usr/bin/python3
"""Applications that write to whichever database takes it, each in a way of its own, until FILE is gone.

usage: writers.py FILE NAME=PORT[,POOLER-PORT]...

Each write is a line of tab-separated fields: when it was sent, when it was acknowledged (seconds since 1970; empty: it was not, so the
database may have it or not), the database's name, the tag of the row in `marks`, and the way it was written. Every way tries every
database all the time, as programs do that know of no failover.
"""
import functools
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid

import psycopg2

try:
    import psycopg
except ImportError:
    psycopg = None

PAUSE = 0.1
REST = 0.3  # After what failed.
PATIENCE = 3
READ_ONLY = {"25006", "0A000"}  # What a standby says, of the statement or of BEGIN READ WRITE.
PGBENCH = "/usr/lib/postgresql/15/bin/pgbench"
LENGTH = 20  # Of a run of pgbench, in transactions; its exit codes are these.
NEVER_CONNECTED, ABORTED = 1, 2
INSERT = "INSERT INTO marks VALUES (%s)"
marker = sys.argv[1]
out = threading.Lock()
under_way = {}  # The writes that wait for an answer, by thread.


def tell(sent, acknowledged, name, tag, way):
    with out:
        print(f"{sent:.4f}", f"{acknowledged:.4f}" if acknowledged else "", name, tag, way, sep="\t", flush=True)


def conninfo_of(port):
    return f"host=127.0.0.1 port={port} user=app dbname=postgres connect_timeout=1"


class Session:
    """psycopg2, where each statement is a transaction. `in_doubt` is whether the last write may be there though it failed."""

    in_doubt = True
    errors = psycopg2.Error
    options = ""
    first = ""

    def __init__(self, port):
        self.connection = psycopg2.connect(conninfo_of(port), options=self.options)
        self.connection.autocommit = True
        if self.first:
            self.connection.cursor().execute(self.first)

    def write(self, tag):
        self.connection.cursor().execute(INSERT, (tag,))

    def close(self):
        self.connection.close()


class WithOptions(Session):
    options = "-c default_transaction_read_only=off"


class ReadWriteSession(Session):
    first = "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"


class LibPq(Session):
    """Go's lib/pq says so in every transaction that is not read-only (conn_go18.go, BeginTx)."""

    def write(self, tag):
        cursor = self.connection.cursor()
        self.in_doubt = False
        cursor.execute("BEGIN READ WRITE")
        cursor.execute(INSERT, (tag,))
        self.in_doubt = True
        cursor.execute("COMMIT")


class Psycopg:
    """psycopg 3, which says READ WRITE too where it is told that a session is not read-only."""

    errors = psycopg.Error if psycopg else psycopg2.Error

    def __init__(self, port):
        self.connection = psycopg.connect(conninfo_of(port))
        self.connection.read_only = False

    def write(self, tag):
        self.in_doubt = False
        self.connection.execute(INSERT, (tag,))
        self.in_doubt = True
        self.connection.commit()

    def close(self):
        self.connection.close()


def write_on(way, make, name, port):
    session = None
    while os.path.exists(marker):
        tag = str(uuid.uuid4())
        sent = None
        try:
            if session is None:
                session = make(port)
            sent = time.time()
            under_way[threading.get_ident()] = (sent, None, name, tag, way)
            session.write(tag)
            tell(sent, time.time(), name, tag, way)
        except make.errors as error:
            # A standby that refuses it surely has it not; of a commit that was sent, and whose session ended, nobody knows.
            if sent and session.in_doubt and READ_ONLY.isdisjoint((getattr(error, "pgcode", None), getattr(error, "sqlstate", None))):
                tell(sent, None, name, tag, way)
            if session is not None:
                session.close()
            session = None
            time.sleep(REST)
        under_way.pop(threading.get_ident(), None)
        time.sleep(PAUSE)


def bench_on(name, port, folder):
    """pgbench says in its log which transactions were acknowledged, and when; of a run that is killed it may say nothing."""
    script = os.path.join(folder, f"{name}.sql")
    with open(script, "w") as file:
        file.write("\\set n :n + 1\nINSERT INTO marks VALUES (:run || '-' || :n);\n")
    while os.path.exists(marker):
        run = str(uuid.uuid4())
        log = os.path.join(folder, run)
        command = [PGBENCH, "-n", "-c1", f"-t{LENGTH}", "-R20", "-Dn=0", f"-Drun='{run}'", "-l", f"--log-prefix={log}"]
        began = time.time()
        bench = subprocess.Popen([*command, "-f", script, conninfo_of(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while bench.poll() is None:
            time.sleep(PAUSE)
            if not os.path.exists(marker) and time.time() - began > PATIENCE:
                bench.kill()
        unsure = {NEVER_CONNECTED: 0, ABORTED: 1}.get(bench.returncode, LENGTH)
        tell_bench(name, run, f"{log}.{bench.pid}", began, unsure)
        time.sleep(REST if bench.returncode else PAUSE)


def tell_bench(name, run, log, began, unsure):
    acknowledged = {}
    if os.path.exists(log):
        for line in open(log):
            if len(fields := line.split()) == 7:
                _, number, took, _, seconds, micros, late = fields
                at = int(seconds) + int(micros) / 1e6
                acknowledged[int(number)] = (at - (int(took) - int(late)) / 1e6, at)
        os.remove(log)
    for number in range(1, min(LENGTH, len(acknowledged) + unsure) + 1):
        sent, at = acknowledged.get(number, (began, None))
        tell(sent, at, name, f"{run}-{number}", "pgbench")


WAYS = {"autocommit": Session, "options": WithOptions, "session": ReadWriteSession, "lib/pq": LibPq}
if psycopg:
    WAYS["psycopg"] = Psycopg

with tempfile.TemporaryDirectory() as folder:
    threads = []
    for database in sys.argv[2:]:
        name, ports = database.split("=")
        port, _, pooler = ports.partition(",")
        work = [functools.partial(write_on, way, make, name, port) for way, make in WAYS.items()]
        if pooler:
            work.append(functools.partial(write_on, "pooler", LibPq, name, pooler))
        if os.path.exists(PGBENCH):
            work.append(functools.partial(bench_on, name, port, folder))
        threads += [threading.Thread(target=one, daemon=True) for one in work]
    for thread in threads:
        thread.start()
    while os.path.exists(marker):
        time.sleep(PAUSE)
    deadline = time.time() + PATIENCE + 1
    for thread in threads:
        thread.join(max(0, deadline - time.time()))
    for one in list(under_way.values()):
        tell(*one)
os._exit(0)
