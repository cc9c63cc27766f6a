"""A private libvirt host inside this machine, made of a mount and a network namespace.

The tests kill and restart libvirtd, create taps and look at every VM of the host. Done on the machine's own libvirtd that
would disturb whatever else runs there, and two runs of the suite would disturb each other. So the test process itself moves
into namespaces in which the directories of libvirt are empty and the network has only a loopback: `qemu:///system` then means
our daemon, in the daemons as well as in the program under test, without special URIs.

The network namespace is also the mark by which every process that a run started is found and killed (see guardian.py).
To look around in a running session: `nsenter -t <pid of pytest> -m -n virsh list`.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
# /var/cache/libvirt stays shared: it holds only what QEMU can do, and asking QEMU again takes 8 s.
PRIVATE_DIRECTORIES = ("/run/libvirt", "/var/lib/libvirt", "/var/log/libvirt", "/etc/libvirt")
# root: the images lie in a scratch directory that only root may enter. none: the AppArmor profile of virt-aa-helper does
# not know that directory. file: no virtlogd is needed for consoles.
QEMU_CONF = 'user = "root"\ngroup = "root"\nsecurity_driver = "none"\nstdio_handler = "file"\n'


class World:
    """Scratch directory and namespaces of one test session."""

    def __init__(self):
        self.scratch = Path(tempfile.mkdtemp(prefix="vmtelem-integration-"))
        self.network_of_machine = os.readlink("/proc/self/ns/net")
        enter_namespaces()
        self._guardian = start_guardian(self.scratch)

    def directory(self, name):
        """A new directory below the scratch directory; the number keeps equal names apart."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.scratch))

    def close(self):
        """Kill all that the session started and remove its files."""
        self._guardian.stdin.close()
        self._guardian.wait(timeout=60)


def enter_namespaces():
    """Give this process, and so all it starts from now on, its own mounts and network. There is no way back out."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot create namespaces: " + os.strerror(ctypes.get_errno()))
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    run("mount", "--make-rprivate", "/")
    empty_directories_of_libvirt()
    quiet_network()


def empty_directories_of_libvirt():
    """In the mount namespace of this process."""
    for path in PRIVATE_DIRECTORIES:
        os.makedirs(path, exist_ok=True)
        run("mount", "-t", "tmpfs", "vmtelem-test", path)
    Path("/etc/libvirt/qemu.conf").write_text(QEMU_CONF)


def quiet_network():
    """Loopback up, IPv6 off: the kernel's own neighbour discovery would add frames to NICs whose frames the tests count."""
    for scope in ("all", "default"):
        switch = Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6")
        if switch.exists():
            switch.write_text("1")
    run("ip", "link", "set", "lo", "up")


def start_guardian(scratch):
    """Its end of the pipe closes when this process ends in whatever way; then it cleans up."""
    script = Path(__file__).with_name("guardian.py")
    command = [sys.executable, script, str(os.getpid()), str(scratch)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, **quiet)


def run(*command):
    """Run a command that has to succeed; its complaint becomes the exception's text."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
