"""Many idle guests on one host: one has a fault, the others must not notice."""

from concurrent.futures import ThreadPoolExecutor

from harness.guests import idle_guest
from harness.libvirtd import domstats, virsh
from harness.wait import wait_for


class Fleet:
    """Guests with two disks and two NICs each. Names of equal length, so that none is part of another in a log."""

    def __init__(self, directory, count):
        self.guests = [idle_guest(directory, f"crowd-{number:02}") for number in range(1, count + 1)]
        self.mend()

    @property
    def names(self):
        return [guest.name for guest in self.guests]

    def others(self, *guests):
        """The names of all but these."""
        return [guest.name for guest in self.guests if guest not in guests]

    def mend(self):
        """Start those that a test has killed."""
        running = set(virsh("list", "--name").split())
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda guest: guest.create(), [guest for guest in self.guests if guest.name not in running]))
        wait_for(self._have_booted, 60, "every guest to have read its boot sector")

    def remove(self):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda guest: guest.remove(), self.guests))

    def _have_booted(self):
        stats = domstats()
        return all(int(stats[name].get("block.0.rd.reqs", 0)) > 0 for name in self.names)


def destroy_all(guests):
    """Those that run, some at a time."""
    running = set(virsh("list", "--name").split())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda guest: guest.destroy(), [guest for guest in guests if guest.name in running]))
