# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the harness, without QEMU: python3 -m unittest discover -s selftests/vm/tests"""
