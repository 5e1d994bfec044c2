# SPDX-License-Identifier: GPL-2.0-or-later
"""A check that takes minutes is left out while all that it depends on is as it was when it passed."""

import hashlib
import json
from datetime import datetime, timezone


def key_of(parts):
    """One number for what a check depends on: bytes by name."""
    total = hashlib.sha256()
    for name, content in sorted(parts.items()):
        total.update(f"{len(name)} {name} {len(content)} ".encode() + content)
    return total.hexdigest()


class Kept:
    """The record of the last time that a check passed, a file in build/."""

    def __init__(self, path, parts):
        self.path = path
        self.key = key_of(parts)

    def find(self):
        """The record, if nothing has changed since; else None."""
        try:
            record = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return None
        good = isinstance(record, dict) and record.get("key") == self.key and record.get("checks", 0) > 0
        return record if good else None

    def keep(self, checks):
        """It has passed, with so many results."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        when = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.path.write_text(json.dumps({"key": self.key, "checks": checks, "when": when}) + "\n")

    def forget(self):
        """It runs again: until it has passed there is no record."""
        self.path.unlink(missing_ok=True)
