"""Waiting for conditions. A fixed sleep is either too short on a busy machine or too long on an idle one."""

import socket
import time


def wait_for(condition, timeout_s, what):
    """Poll `condition` until it gives something true and return that; fail with `what` after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s in vain for: {what}")
        time.sleep(0.05)


def free_port():
    """A loopback TCP port that nobody listens on. The tests own their network namespace, so nobody can take it meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pending_signals(pid):
    """Numbers of the signals that were sent to a process and that it has not taken."""
    with open(f"/proc/{pid}/status") as status:
        masks = [int(line.split()[1], 16) for line in status if line.startswith(("SigPnd", "ShdPnd"))]
    return {number for number in range(1, 65) if any(mask >> (number - 1) & 1 for mask in masks)}
