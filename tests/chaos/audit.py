#!/usr/bin/python3
"""Holds what writers.py saw in one round against what the run said and what the databases have.

usage: audit.py WRITES RUN THERE FROM TO FAILED_AT

WRITES is what writers.py printed; RUN the journal of the run as JSON; THERE has the tags of the rows of the new primary, one a line; FROM
and TO are the names of the databases; FAILED_AT is when the old one was killed, in seconds since 1970, or 0. Prints one line, and ends with
1 after a fault.
"""
import json
import sys

# The looks at the primary are 100 ms apart, so what was acknowledged in the last of these may be in no look.
UNSEEN = 0.5

writes_file, run_file, there_file, old, new, failed_at = sys.argv[1:]
writes = [line.rstrip("\n").split("\t") for line in open(writes_file)]
there = {line.strip() for line in open(there_file)}
outcome = json.load(open(run_file))["outcome"]

of_old = [(float(sent), float(acknowledged), tag) for sent, acknowledged, name, tag, _ in writes if name == old]
of_new = [(float(sent), float(acknowledged)) for sent, acknowledged, name, _, _ in writes if name == new]
faults = []
if not of_old or not of_new:
    faults.append(f"there were {len(of_old)} writes to the old side and {len(of_new)} to the new one")

# Two writers: the old side acknowledged what was sent after the new one had acknowledged something.
first = min((acknowledged for _, acknowledged in of_new), default=0)
late = [sent for sent, _, _ in of_old if sent > first]
if of_new and late:
    faults.append(f"{len(late)} writes to the old side after the first of the new one, up to {max(late) - first:.3f}s")

lost = [(acknowledged, tag) for _, acknowledged, tag in of_old if tag not in there]
told = outcome.get("lostCounted", 0)
if outcome.get("lossExact"):
    if len(lost) != told:
        faults.append(f"{len(lost)} rows are lost, and exactly {told} were told")
else:
    # What was acknowledged right before the end is in no look.
    unseen = [tag for acknowledged, tag in lost if acknowledged > float(failed_at) - UNSEEN]
    if told > len(lost) or len(lost) - told > len(unseen):
        faults.append(f"{len(lost)} rows are lost, {len(unseen)} of the last {UNSEEN}s, and at least {told} were told")

gap = min((sent for sent, _ in of_new), default=0) - max((sent for sent, _, _ in of_old), default=0)
print(f"{len(of_old)} + {len(of_new)} writes, {len(lost)} lost, {told} told, gap {gap:.2f}s" + "".join(f"; FAULT: {fault}" for fault in faults))
sys.exit(1 if faults else 0)
