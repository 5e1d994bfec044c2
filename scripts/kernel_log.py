# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel build complains of, in its logs."""

import re

# Compilers, linkers and Kconfig write "warning:", modpost and Kconfig's check of
# dependencies "WARNING:"; Kconfig goes on after some of its errors.
COMPLAINT = re.compile(r"\b(warning|error):", re.IGNORECASE)


def complaints(text):
    """Its lines that complain, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if COMPLAINT.search(line)))
