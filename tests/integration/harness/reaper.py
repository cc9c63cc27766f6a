"""Runs a command and adopts the processes that it leaves behind, as an init would. Run as `reaper.py COMMAND ...`.

libvirtd detaches its QEMUs, so the init of the machine becomes their parent. In a container that init may reap late or never,
and libvirtd takes a zombie for a QEMU that refuses to die: `virsh destroy` would wait for seconds, or fail.
Stays until the last of them has ended, so it outlives a libvirtd that a test kills.
"""

import ctypes
import os
import signal
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36


def main(command):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the test session decides when the daemon stops
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    subprocess.Popen(command)
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass


if __name__ == "__main__":
    main(sys.argv[1:])
