"""Answers that are right but for one value, which has another type than it should: chosen by a seed."""
import json
import random
import threading

WRONG = [None, 5, -1, 1.5, True, "", "text", "\x1b[31mred", [], [5], [[]], {}, {"a": 5}, 2**63, "9" * 400]


def places(value, found):
    """Every map and list below `value`, with each of its keys or positions."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        found.append((value, key))
        places(value[key], found)
    return found


class Mutator:
    """Spoils about one answer in three, one value each."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lock = threading.Lock()

    def __call__(self, content):
        try:
            body = json.loads(content)
        except ValueError:
            return content
        with self.lock:
            if self.random.random() > 1 / 3:
                return content
            found = places(body, [])
            if not found or self.random.random() < 0.05:
                return json.dumps(self.random.choice(WRONG)).encode()
            # A list of discovery has thousands of values; those near the top matter as much.
            parent, key = self.random.choice(found[:60] if self.random.random() < 0.5 else found)
            if isinstance(parent, dict) and self.random.random() < 0.2:
                del parent[key]
            else:
                parent[key] = self.random.choice(WRONG)
        return json.dumps(body).encode()
