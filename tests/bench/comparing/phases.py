"""Letting time go by while collectors work, with a word for somebody who watches."""

import sys
import time


def progress(text):
    """One line that is replaced by the next."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def tell(text):
    """A line that stays: what was measured so far is not lost when the rest goes wrong."""
    progress("")
    print(text, file=sys.stderr, flush=True)


def spend(seconds, what):
    """Let a phase go by; returns when it began."""
    begin = time.monotonic()
    while (left := begin + seconds - time.monotonic()) > 0:
        progress(f"{what}, {left:.0f} s left")
        time.sleep(min(left, 1))
    return begin


def begin_between_cycles(runs):
    """So that a fault does not cut a cycle in two: soon after one has ended. A collector that is always busy is not waited for
    longer than this."""
    deadline = time.monotonic() + 5
    while not all(0.2 <= run.quiet_s() <= 0.4 for run in runs) and time.monotonic() < deadline:
        time.sleep(0.01)
