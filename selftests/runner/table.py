# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of kept results: test and kernel variant × architecture, when and at which commit."""

ARCHITECTURES = ("x86_64", "arm64", "ppc64le", "riscv64")
NOT_RUN = "not run"


def show(result):
    """A cell: what it came to, when (UTC), at which commit; a + is for changes beside it."""
    if result is None:
        return NOT_RUN
    word = f"{result.passed} passed" if result.good else f"FAILED {result.failed} of {result.passed + result.failed}"
    if result.skips:
        word += f" {len(result.skips)} skipped"
    return f"{word} {result.when[5:16].replace('T', ' ')} {result.commit[:9]}{'+' if result.dirty else ''}"


def rows(cells):
    """Tests with their variants, in the order of their first cell."""
    return list(dict.fromkeys((cell.base, cell.test, cell.variant) for cell in cells))


def columns(cells):
    """Architectures in their usual order, others after them."""
    seen = {cell.arch for cell in cells}
    return [arch for arch in ARCHITECTURES if arch in seen] + sorted(seen - set(ARCHITECTURES))


def name_of(row, bases):
    base, test, variant = row
    name = f"{test} ({variant})" if variant else test
    return f"{name}, {base}" if len(bases) > 1 else name


def table(results):
    """Lines of the table of these results: a result, or None for what was not run, by cell."""
    arches, bases = columns(results), {cell.base for cell in results}
    by_place = {((cell.base, cell.test, cell.variant), cell.arch): show(result) for cell, result in results.items()}
    lines = [["test", *arches]]
    for row in rows(results):
        lines.append([name_of(row, bases), *(by_place.get((row, arch), "") for arch in arches)])
    widths = [max(map(len, column)) for column in zip(*lines)]
    return ["  ".join(word.ljust(width) for word, width in zip(line, widths)).rstrip() for line in lines]
