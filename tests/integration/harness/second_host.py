"""A second libvirt host on this machine: a libvirtd that has mounts, so guests and state, of its own. Run as a program it makes
these mounts, says so, and keeps them."""

import ctypes
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.libvirtd import Libvirtd  # noqa: E402
from harness.world import CLONE_NEWNS, empty_directories_of_libvirt, run  # noqa: E402

SOCKET = "libvirt-sock"


class SecondHost(Libvirtd):
    """Its sockets lie in `directory`, where everybody sees them."""

    def __init__(self, directory):
        super().__init__(directory)
        self._configuration = directory / "libvirtd.conf"
        self._configuration.write_text(f'unix_sock_dir = "{directory}"\nauth_unix_rw = "none"\n')
        self.uri = f"qemu+unix:///system?socket={directory}/{SOCKET}"
        self.read_only_uri = f"{self.uri}-ro"
        self._mounts = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, start_new_session=True)
        assert self._mounts.stdout.readline() == b"mounted\n"

    def command(self, *options):
        return ["nsenter", "--mount", "-t", str(self._mounts.pid), *super().command("-f", str(self._configuration), *options)]

    def close(self):
        self._mounts.kill()
        self._mounts.wait()


def main():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "cannot create a mount namespace")
    run("mount", "--make-rprivate", "/")
    empty_directories_of_libvirt()
    print("mounted", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
