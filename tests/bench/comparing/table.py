"""Rows of texts as a table; the first row is the heading, the first column is text and the others are figures."""

from itertools import zip_longest
from textwrap import wrap

HEADING_WIDTH = 16


def plain(rows):
    """For a terminal: a long heading takes several lines, so that the table does not get wider than the terminal."""
    lines = [wrap(cell, HEADING_WIDTH) for cell in rows[0]]
    headings = [list(line) for line in zip_longest(*lines, fillvalue="")]
    return "\n".join("  ".join(cells).rstrip() for cells in aligned([*headings, *rows[1:]]))


def markdown(rows):
    """For a document, readable as it is."""
    table = aligned(rows)
    rule = [":" + "-" * (len(table[0][0]) - 1), *("-" * (len(cell) - 1) + ":" for cell in table[0][1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [table[0], rule, *table[1:]])


def aligned(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [[cells[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:]))] for cells in rows]
