#!/usr/bin/python3
"""Holds what writers.py saw in one round against what fedctl said and what the databases and their logs have.

usage: audit.py --writes FILE --there FILE --from NAME --to NAME [--run FILE --wal FOLDER [--failed-at SECONDS] [--unseen SECONDS]]

--writes is what writers.py printed; --there has the tags of the rows of the active side, one a line. With --run, the journal of the run
as JSON, the active side has become TO, and --wal has the log of FROM as it was before it became a standby; without, it has stayed FROM.
--failed-at is when FROM failed, in seconds since 1970, or 0; what was acknowledged in the last --unseen seconds before may be in no look.
Prints one line, and ends with 1 after a fault.
"""
import argparse
import collections
import json
import sys

import wal

parser = argparse.ArgumentParser(description=__doc__)
for name in ("writes", "there", "from", "to", "run", "wal"):
    parser.add_argument(f"--{name}")
parser.add_argument("--failed-at", type=float, default=0)
parser.add_argument("--unseen", type=float, default=0.5)
args = vars(parser.parse_args())

Write = collections.namedtuple("Write", "sent acknowledged tag way")
writes = collections.defaultdict(list)
maybe = collections.defaultdict(list)  # What was not acknowledged, so it may be there or not.
for line in open(args["writes"]):
    sent, acknowledged, database, tag, way = line.rstrip("\n").split("\t")
    if acknowledged:
        writes[database].append(Write(float(sent), float(acknowledged), tag, way))
    else:
        maybe[database].append(tag)
there = {line.strip() for line in open(args["there"])}
of_old, of_new = writes[args["from"]], writes[args["to"]]
faults = []


def step(run, *names):
    """What the first of these steps that the run has says."""
    return next((one["evidence"] for one in run["steps"] if one["name"] in names), {})


def transactions_of_others(run, start):
    """What the old side's log has from there on that is not fedctl's."""
    if start is None:
        return []
    behind = wal.transactions(args["wal"], step(run, "promote")["timeline"] - 1, start)
    return [one for one in behind if not wal.is_ours(one) and not wal.is_void(one)]


def audit_loss(run):
    """What is told as lost is what is acknowledged and not there, and no more than the old side's log has behind what the new one received."""
    outcome = run["outcome"]
    lost = [one for one in of_old if one.tag not in there]
    unsure = sum(tag not in there for tag in maybe[args["from"]])
    told = outcome.get("lostCounted")
    if told is None and outcome.get("lostBytes") is None:
        return f"{len(lost)} lost, told as unknown"
    told = told or 0
    is_exact = outcome.get("lossExact")
    missed = sum(one.committed_at is not None for one in transactions_of_others(run, step(run, "catch-up").get("standbyLsn")))
    # A record of which the new side received a part is not found from there on.
    if told > missed + 1 or is_exact and told < missed:
        faults.append(f"{told} rows were told as lost, and the old side's log has {missed} that the new one did not receive")
    seen = lost if is_exact else [one for one in lost if one.acknowledged <= args["failed_at"] - args["unseen"]]
    if not len(seen) <= told <= len(lost) + unsure:
        faults.append(f"{len(lost)} rows are lost, {len(seen)} of which somebody could know, {told} were told, and of {unsure} nobody knows")
    return f"{len(lost)} lost, {'exactly' if is_exact else 'at least'} {told} told"


def audit_writers():
    """Two writers: the old side took what was sent after the new one had acknowledged something."""
    first = min(one.acknowledged for one in of_new)
    late = [one for one in of_old if one.sent > first]
    if late:
        ways = ", ".join(sorted({one.way for one in late}))
        faults.append(f"{len(late)} writes to the old side ({ways}) after the first of the new one, up to {max(one.sent for one in late) - first:.3f}s")
    return first


def audit_log(run, first):
    """Nothing but our own records behind the fence that was proven, and no commit of the old side after one of the new one."""
    fence = step(run, "fence", "drain").get("lsn")
    others = transactions_of_others(run, fence or step(run, "promote")["lsn"])
    if fence and others:
        faults.append(f"{len(others)} transactions behind the fence at {fence}, the first at {others[0].lsn}: {others[0].records[0]}")
    late = [one for one in others if one.committed_at and one.committed_at > first]
    if late:
        faults.append(f"{len(late)} commits of the old side after the first write of the new one, the last {late[-1].committed_at - first:.3f}s after")
    return f"fenced at {fence}" if fence else "no fence position"


def audit_switch():
    run = json.load(open(args["run"]))
    said = [f"{len(of_old)} + {len(of_new)} writes"]
    if not of_old or not of_new:
        faults.append("one of the sides took none")
        return said[0]
    first = audit_writers()
    try:
        said += [audit_loss(run), audit_log(run, first)]
    except wal.Unreadable as problem:
        faults.append(f"the log of the old side cannot be read: {problem}")
    said.append(f"gap {min(one.sent for one in of_new) - max(one.sent for one in of_old):.2f}s")
    return ", ".join(said)


def audit_stay():
    """The standby took nothing, and the active side has all that it acknowledged."""
    if of_new:
        faults.append(f"{len(of_new)} writes to the standby")
    lost = sum(one.tag not in there for one in of_old)
    if lost:
        faults.append(f"{lost} rows are lost, and nothing failed over")
    return f"{len(of_old)} writes, nothing moved"


said = audit_switch() if args["run"] else audit_stay()
print(said + "".join(f"; FAULT: {fault}" for fault in faults))
sys.exit(1 if faults else 0)
