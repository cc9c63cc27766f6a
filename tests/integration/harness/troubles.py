"""Troubles that come and go by themselves, several at once, each in a rhythm of its own that a seed decides."""

import random
import threading
from contextlib import contextmanager


class Trouble(threading.Thread):
    """Begins and ends something again and again. `calm_s`, `lasting_s`: (least, most). Whatever happens, it ends in the end."""

    def __init__(self, begin, end=lambda: None, calm_s=(0.5, 3), lasting_s=(0, 0)):
        super().__init__(daemon=True)
        self.begin, self.end, self.calm_s, self.lasting_s = begin, end, calm_s, lasting_s
        self.times, self.failure = 0, None

    def follow(self, over, rng):
        self.over, self.rng = over, rng
        self.start()

    def run(self):
        try:
            while not self.over.wait(self.rng.uniform(*self.calm_s)):
                self._happen()
        except Exception as failure:  # of the test itself; told in the thread that waits
            self.failure = failure
            self.over.set()

    def _happen(self):
        self.times += 1
        self.begin()
        try:
            self.over.wait(self.rng.uniform(*self.lasting_s))
        finally:
            self.end()


@contextmanager
def all_at_once(seed, *troubles):
    """All of them while this lasts; none is left when it ends."""
    over = threading.Event()
    for number, trouble in enumerate(troubles):
        trouble.follow(over, random.Random(seed + number))
    try:
        yield over
    finally:
        over.set()
        for trouble in troubles:
            trouble.join()
    for trouble in troubles:
        if trouble.failure:
            raise trouble.failure


def deck(choices, seed):
    """A function that deals them in random order: each comes before any comes again."""
    rng, left = random.Random(seed), []

    def deal():
        if not left:
            left.extend(rng.sample(choices, len(choices)))
        return left.pop()

    return deal
