# SPDX-License-Identifier: GPL-2.0-or-later
"""The skips that a test run may have; every other skip is a failure."""

# Each an entry Skip(program, test, reason) of judge.py, with a comment that says why
# the test cannot run there. There is none: deps installs what every test needs.
ALLOWED = ()
