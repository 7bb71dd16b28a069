#!/usr/bin/python3
"""Tries to write to each of several databases every 50 ms until FILE is gone, and prints one line for each write that was accepted:
when it was sent, when it was acknowledged, and which database it was.    write_to_both.py FILE NAME=CONNINFO..."""
import os
import sys
import threading
import time

import psycopg2

lock = threading.Lock()


def write(marker, name, conninfo):
    connection = None
    while os.path.exists(marker):
        sent = time.time()
        try:
            if connection is None:
                connection = psycopg2.connect(conninfo, connect_timeout=1)
                connection.autocommit = True
            connection.cursor().execute("INSERT INTO events DEFAULT VALUES")
            with lock:
                print(f"{sent:.4f} {time.time():.4f} {name}", flush=True)
        except psycopg2.Error:
            if connection is not None and connection.closed:
                connection = None
        time.sleep(max(0.0, 0.05 - (time.time() - sent)))


threads = [threading.Thread(target=write, args=(sys.argv[1], *one.split("=", 1))) for one in sys.argv[2:]]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
