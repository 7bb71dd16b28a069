#!/usr/bin/python3
"""Applications that write to whichever database takes it, each in a way of its own, until FILE is gone.

usage: writers.py FILE NAME=CONNINFO...

Each write that was acknowledged is a line of tab-separated fields: when it was sent, when it was acknowledged (seconds since 1970), the
database's name, the tag of the row in `marks`, and the way it was written. Every way tries every database all the time, as programs do that
know of no failover.
"""
import os
import sys
import threading
import time
import uuid

import psycopg2

# As libraries write: whether each statement is a transaction, what begins one, and what the connection says.
WAYS = {
    "autocommit": (True, "", ""),
    "read-write": (False, "SET TRANSACTION READ WRITE", ""),  # Go's lib/pq and psycopg say so in every transaction.
    "options": (True, "", "-c default_transaction_read_only=off"),
    "session": (True, "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", ""),
}
PAUSE = 0.02
out = threading.Lock()


def write(connection, way, tag):
    autocommit, first, _ = WAYS[way]
    cursor = connection.cursor()
    if first:
        cursor.execute(first)
    cursor.execute("INSERT INTO marks VALUES (%s)", (tag,))
    if not autocommit:
        connection.commit()


def run(marker, name, conninfo, way):
    connection = None
    while os.path.exists(marker):
        tag = str(uuid.uuid4())
        sent = time.time()
        try:
            if connection is None:
                connection = psycopg2.connect(conninfo, connect_timeout=1, options=WAYS[way][2])
                connection.autocommit = WAYS[way][0]
            write(connection, way, tag)
            with out:
                print(f"{sent:.4f}\t{time.time():.4f}\t{name}\t{tag}\t{way}", flush=True)
        except psycopg2.Error:
            if connection is not None:
                connection.close()
            connection = None
        time.sleep(PAUSE)


threads = [
    threading.Thread(target=run, args=(sys.argv[1], *database.split("=", 1), way)) for database in sys.argv[2:] for way in WAYS
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
