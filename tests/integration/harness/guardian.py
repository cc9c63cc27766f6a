"""Cleans up after a test session, even one that was killed with SIGKILL. Run as `guardian.py PID-OF-SESSION SCRATCH`.

It waits for the end of its standard input, which the session holds open. A process belongs to the session when it is in the
same network namespace: that also holds for QEMUs, which libvirtd detaches so that no parent and no process group leads to them.
"""

import os
import shutil
import signal
import sys
import time


def network_of(pid):
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return None


def members(network, spared):
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in pids if pid not in spared and network_of(pid) == network and not is_zombie(pid)]


def is_zombie(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def kill_all(network, spared):
    """Again until nobody is left: a daemon may start a process while its neighbours are being killed."""
    deadline = time.monotonic() + 30
    while (pids := members(network, spared)) and time.monotonic() < deadline:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.05)


def main(session_pid, scratch):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.buffer.read()
    kill_all(network_of(os.getpid()), {os.getpid(), int(session_pid)})
    if os.environ.get("VMTELEM_KEEP_SCRATCH") != "1":
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
