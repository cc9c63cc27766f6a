"""What lies in a spool, read as an administrator would: by file names, gzip and nothing of the program's own."""

import gzip
import re

BATCH = re.compile(r"(?P<first_ns>\d+)-(?P<last_ns>\d+)-(?P<lines>\d+)-[0-9a-f]{16}\.lp\.gz")


def batches(root):
    """The files of all targets that hold a batch, oldest first."""
    return sorted((path for path in root.glob("*/*") if BATCH.fullmatch(path.name)), key=first_stamp)


def batches_in(target):
    """Those of one target's directory, if it is there."""
    return sorted((path for path in target.glob("*") if BATCH.fullmatch(path.name)), key=first_stamp)


def first_stamp(path):
    return int(BATCH.fullmatch(path.name)["first_ns"])


def older_batches(root, stamp_ns):
    return [path for path in batches(root) if first_stamp(path) < stamp_ns]


def lines_named(path):
    """How many lines the file's name promises."""
    return int(BATCH.fullmatch(path.name)["lines"])


def lines_of(path):
    return gzip.decompress(path.read_bytes()).decode().removesuffix("\n").split("\n")


def spooled_lines(root):
    return [line for path in batches(root) for line in lines_of(path)]


def unfinished(root):
    """Files whose writing was broken off."""
    return sorted(root.glob("*/.writing-*"))


def damaged(root):
    return sorted(root.glob("*/damaged/*"))


def strangers(root):
    """Everything in the directories of the targets that is no batch and has no other purpose either."""
    known = ("lock", "service", "claim", "damaged", "rejected")
    return sorted(path for path in root.glob("*/*") if path.name not in known and not BATCH.fullmatch(path.name))


def rejected_lines(root):
    """The dead letters, without the comment lines that say why."""
    texts = [path.read_text() for path in sorted(root.glob("*/rejected/*"))]
    return [line for text in texts for line in text.splitlines() if line and not line.startswith("#")]
