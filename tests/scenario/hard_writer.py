#!/usr/bin/python3
"""Writes to a database as programs do that do not care for defaults, until FILE is gone, and prints what was acknowledged.

usage: hard_writer.py FILE CONNINFO STYLE

STYLE is one of
  read-write    every transaction is BEGIN READ WRITE, as Go's lib/pq and psycopg say it
  options       the connection says -c default_transaction_read_only=off
  large-object  makes large objects, which PostgreSQL 15 lets read-only transactions make
"""
import os
import sys
import time

import psycopg2

marker, conninfo, style = sys.argv[1:]
connection = None


def write(cursor):
    if style == "large-object":
        cursor.execute("SELECT lo_from_bytea(0, 'x')")
    else:
        cursor.execute("INSERT INTO events DEFAULT VALUES RETURNING id")
    return cursor.fetchone()[0]


while os.path.exists(marker):
    try:
        if connection is None:
            options = "-c default_transaction_read_only=off" if style == "options" else ""
            connection = psycopg2.connect(conninfo, connect_timeout=1, options=options)
            if style == "read-write":
                connection.set_session(readonly=False)
        number = write(connection.cursor())
        connection.commit()
        print(number, flush=True)
    except psycopg2.Error:
        connection = None
        time.sleep(0.005)
