"""A wall clock for one program that jumps: the machine's own is not ours to set."""

import struct
import subprocess

from harness.prerequisites import REPOSITORY, find, give_up

SOURCE = REPOSITORY / "tests/fakes/stepped_wall_clock.c"


class WallClock:
    """The program that gets `settings` in its environment sees this clock."""

    def __init__(self, directory):
        compiler = find("cc") or find("gcc") or find("clang") or give_up("no C compiler (package gcc)")
        library, self._shift = directory / "stepped_wall_clock.so", directory / "shift"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, SOURCE], check=True)
        self.settings = {"LD_PRELOAD": library, "STEPPED_WALL_CLOCK": self._shift}
        self.shift_s = 0
        self.step(0)

    def step(self, seconds):
        """Forward, or back if that is negative."""
        self.shift_s += seconds
        with open(self._shift, "r+b" if self._shift.exists() else "wb", buffering=0) as file:
            file.write(struct.pack("=q", self.shift_s * 10**9))
