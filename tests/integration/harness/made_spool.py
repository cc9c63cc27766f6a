"""Spools made beforehand, in the format that the program documents: a directory for each target, a gzip file for each batch."""

import gzip
import urllib.parse

SECOND_NS = 10**9
FIRST_NS = 1_600_000_000 * SECOND_NS  # long ago: no live line has such a stamp


def target_directory(root, server_url, api="v3", database="vmstats", org=""):
    """Where the batches for that database lie. An address without a port or in capitals would need more."""
    name = f"{api}_{urllib.parse.quote(server_url, safe='')}_{database}" + (f"_{org}" if org else "")
    directory = root / name
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def file_name(first_ns, last_ns, lines, sequence=1):
    return f"{first_ns}-{last_ns}-{lines}-{sequence:016x}.lp.gz"


def add_batch(directory, lines, sequence=1):
    """A batch of these lines, of which the first is the oldest and the last the newest. Its path."""
    return add_body(directory, "".join(f"{line}\n" for line in lines), stamp_of(lines[0]), stamp_of(lines[-1]), sequence)


def add_body(directory, text, first_ns, last_ns, sequence=1):
    """The same for a text, of which nobody looks at the stamps."""
    path = directory / file_name(first_ns, last_ns, text.count("\n"), sequence)
    path.write_bytes(gzip.compress(text.encode(), 1))
    return path


def stamp_of(line):
    return int(line.rpartition(" ")[2])


def counter_line(number, series="queue"):
    """A small line whose stamp says the number of its second."""
    return f"{series},host=earlier value={number}i {FIRST_NS + number * SECOND_NS}"
