"""What can happen to the place where a spool lies, and be over again. Each is a class: of the disk and the spool's directory on it,
with `begin` and `end`."""

import os

from harness.own_mounts import exchange

NOBODY = 65534


class DiskFault:
    def __init__(self, disk, spool):
        self.disk, self.spool = disk, spool

    @property
    def batches(self):
        """The directory of the first target."""
        return next(path for path in self.spool.iterdir() if path.is_dir())


class Full(DiskFault):
    def begin(self):
        self.disk.fill()

    def end(self):
        self.disk.clear()


class ReadOnly(DiskFault):
    def begin(self):
        self.disk.forbid_writing()

    def end(self):
        self.disk.allow_writing()


class NoAccessToTheSpool(DiskFault):
    def begin(self):
        self.spool.chmod(0)

    def end(self):
        self.spool.chmod(0o700)


class NoAccessToTheBatches(DiskFault):
    def begin(self):
        self._place = self.batches
        self._place.chmod(0)

    def end(self):
        self._place.chmod(0o700)


class OwnedBySomebodyElse(DiskFault):
    def begin(self):
        os.chown(self.batches, NOBODY, NOBODY)

    def end(self):
        os.chown(self.batches, os.getuid(), os.getgid())


class ReplacedByAFile(DiskFault):
    """The directory is moved elsewhere and a file is in its place; then it comes back with all that is in it."""

    def begin(self):
        self._elsewhere = self.disk.path / "elsewhere"
        self._elsewhere.write_text("")
        self.end()

    def end(self):
        exchange(self.spool, self._elsewhere)
