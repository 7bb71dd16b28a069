#!/usr/bin/python3
"""Programs that hold all the connections that a database has, until FILE is gone.    fill.py FILE CONNINFO COUNT"""
import os
import sys
import time

import psycopg2

marker, conninfo, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
held = [None] * count
while os.path.exists(marker):
    for i, one in enumerate(held):
        try:
            if one is None:
                held[i] = psycopg2.connect(conninfo, connect_timeout=1)
                held[i].autocommit = True
            else:
                one.cursor().execute("SELECT 1")
        except psycopg2.Error:
            held[i] = None
    time.sleep(0.1)
