"""A disk of which single system calls fail or take long, for one program: see tests/fakes/faulty_disk.cc."""

import mmap
import struct

import pytest
from harness.prerequisites import give_up

CALLS = ("make", "open", "read", "write", "sync", "rename", "remove", "space", "take")
FAULT = struct.Struct("=4q")  # of each of these calls: how many meet it, with which error, after how long, how many have met it
FOR_EVER = 2**62
OF_SANITIZERS = (b"__asan_init", b"__tsan_init")


class FaultyDisk:
    """The program that gets `settings` in its environment has it below the directory `under`. "make" is the making of a file, "open"
    that of one which is there; who "takes" makes a file in the directory `taker` for each one that is removed."""

    def __init__(self, binary, directory, under, taker=""):
        library, faults = library_beside(binary), directory / "faults"
        faults.write_bytes(bytes(FAULT.size * len(CALLS)))
        with open(faults, "r+b") as file:
            self._page = mmap.mmap(file.fileno(), 0)
        self.settings = {"LD_PRELOAD": library, "FAULTY_DISK_UNDER": under.resolve(), "FAULTY_DISK_FAULTS": faults,
                         "FAULTY_DISK_TAKER": taker}

    def begin(self, call, error=0, times=FOR_EVER, delay_s=0):
        """The next so many calls meet this fault."""
        self._write(call, 1, error)
        self._write(call, 2, int(delay_s * 1e9))
        self._write(call, 0, times)

    def end(self, call):
        self._write(call, 0, 0)

    def met(self, call):
        """How many calls have met their fault since the program was started."""
        return struct.unpack_from("=q", self._page, self._place(call, 3))[0]

    def _write(self, call, word, value):
        struct.pack_into("=q", self._page, self._place(call, word), value)

    def _place(self, call, word):
        return CALLS.index(call) * FAULT.size + word * 8


def library_beside(binary):
    """As it was built with the program under test."""
    if any(name in binary.read_bytes() for name in OF_SANITIZERS):
        pytest.skip("the program is built with a sanitizer, which wants to be loaded before all others")
    library = binary.parents[1] / "tests/fakes/libfaulty_disk.so"
    return library if library.exists() else give_up(f"no {library}: build it with -DVMTELEM_TESTS=ON")
