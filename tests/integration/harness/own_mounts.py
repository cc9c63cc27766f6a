"""File systems that belong to one test process: mounted where no other process of the machine sees them, gone when it ends."""

import ctypes
import functools
import os
import shutil
import subprocess

from harness.prerequisites import give_up
from harness.world import CLONE_NEWNS, run

AT_FDCWD, RENAME_EXCHANGE = -100, 2


@functools.lru_cache(maxsize=None)
def enter():
    """Move this process, and so all it starts from now on, to mounts of its own. There is no way back out."""
    if os.geteuid() != 0:
        give_up("not root, so nothing can be mounted")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        give_up("no mounts of its own: " + os.strerror(ctypes.get_errno()))
    run("mount", "--make-rprivate", "/")


def exchange(path, other):
    """Swap two files or directories in one step, so that nobody can put anything in the place of one of them meanwhile."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, bytes(path), AT_FDCWD, bytes(other), RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))


class SmallDisk:
    """A file system of a few megabytes, and what an administrator or a neighbour may do to it."""

    def __init__(self, path, size_mib=8, options=""):
        enter()
        path.mkdir()
        self.path, self._filler = path, path / "of-a-neighbour"
        run("mount", "-t", "tmpfs", "-o", f"size={size_mib}m,mode=0755{options}", "vmtelem-test", str(path))

    def fill(self):
        """To the last byte."""
        with open(self._filler, "ab", buffering=0) as filler:
            try:
                while filler.write(bytes(1 << 16)):
                    pass
            except OSError:
                pass

    def clear(self):
        self._filler.unlink()

    def resize(self, **sizes):
        """As it is mounted with: size="3m", nr_inodes=500."""
        run("mount", "-o", ",".join(["remount", *(f"{name}={value}" for name, value in sizes.items())]), str(self.path))

    def forbid_writing(self):
        run("mount", "-o", "remount,ro", str(self.path))

    def allow_writing(self):
        run("mount", "-o", "remount,rw", str(self.path))

    def close(self):
        subprocess.run(["umount", "--lazy", str(self.path)], check=False)


class LoopDisk(SmallDisk):
    """The same with an ext4, which has as many inodes as it was made with."""

    def __init__(self, path, size_mib, inodes):
        enter()
        path.mkdir()
        self.path, self._filler, image = path, path / "of-a-neighbour", path.with_suffix(".ext4")
        with open(image, "wb") as file:
            file.truncate(size_mib << 20)
        run("mkfs.ext4", "-q", "-b", "4096", "-O", "^has_journal", "-N", str(inodes), str(image))
        run("mount", "-o", "loop", str(image), str(path))
        shutil.rmtree(path / "lost+found")
