"""What a server's log has from a position on, as pg_waldump tells it."""
import collections
import datetime
import os
import re
import subprocess

WALDUMP = "/usr/lib/postgresql/15/bin/pg_waldump"
RECORD = re.compile(r"rmgr: (\S+) .*?tx: +(\d+), lsn: (\S+), .*?desc: (.*)")
# How the end of a log looks.
END = ("invalid record length", "invalid magic number", "unexpected pageaddr", "could not find a valid record", "incorrect resource manager data",
       "record with incorrect prev-link", "contrecord", "invalid resource manager ID", "out-of-sequence timeline")

Transaction = collections.namedtuple("Transaction", "xid lsn records committed_at")


class Unreadable(Exception):
    pass


def number_of(lsn):
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def transactions(folder, timeline, start):
    """The transactions with records from `start` on; `committed_at` is None where there is no commit."""
    command = [WALDUMP, "-p", folder, "-t", str(timeline), "-s", start]
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "TZ": "UTC", "LC_ALL": "C"})
    if result.returncode and not any(end in result.stderr for end in END):
        raise Unreadable(result.stderr.strip())
    found = {}
    for line in result.stdout.splitlines():
        match = RECORD.match(line)
        if not match or match[2] == "0":
            continue
        manager, xid, lsn, text = match.groups()
        one = found.setdefault(xid, Transaction(xid, lsn, [], None))
        one.records.append(f"{manager} {text}")
        if manager == "Transaction" and (at := re.match(r"COMMIT (\S+ \S+) UTC", text)):
            moment = datetime.datetime.fromisoformat(at[1]).replace(tzinfo=datetime.timezone.utc)
            found[xid] = one._replace(committed_at=moment.timestamp())
    return list(found.values())


def is_ours(transaction):
    """Did it write nothing but a message of fedctl?"""
    messages = [record for record in transaction.records if record.startswith("LogicalMessage") and 'prefix "fedctl"' in record]
    others = [record for record in transaction.records if not record.startswith("Transaction COMMIT")]
    return bool(messages) and others == messages


def is_void(transaction):
    """Was it only undone?"""
    return all(record.startswith("Transaction ABORT") for record in transaction.records)
