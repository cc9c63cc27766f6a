"""The faults that the tests cause, each undone when its block ends."""

import os
import signal
import subprocess
import threading
import time
from contextlib import contextmanager

from harness.libvirtd import URI
from harness.wait import pending_signals, wait_for


@contextmanager
def frozen(*guests):
    """These QEMUs are stopped: libvirt calls them running, and their monitors do not answer."""
    for guest in guests:
        guest.freeze()
    try:
        yield
    finally:
        for guest in guests:
            guest.thaw()


@contextmanager
def in_background(work):
    """Repeats `work(stop)` on a thread until the block ends; what goes wrong there is raised here."""
    stop, errors = threading.Event(), []

    def repeat():
        try:
            while not stop.is_set():
                work(stop)
        except BaseException as error:  # also a failed assertion: it belongs to the test
            errors.append(error)

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if errors:
        raise errors[0]


def flapping(guest, stopped_s=1.5, running_s=1.6):
    """The QEMU stops and goes on; the period is no multiple of the interval, so that it meets cycles in every place."""
    def flap(stop):
        guest.freeze()
        try:
            stop.wait(stopped_s)
        finally:
            guest.thaw()
        stop.wait(running_s)
    return in_background(flap)


def slowed(pid, running_s, stopped_s):
    """The process gets a part of a processor only. By signals, since the control groups of a container are often read-only."""
    def throttle(stop):
        os.kill(pid, signal.SIGSTOP)
        try:
            stop.wait(stopped_s)
        finally:
            os.kill(pid, signal.SIGCONT)
        stop.wait(running_s)
    return in_background(throttle)


@contextmanager
def daemon_stopped(libvirtd):
    """libvirtd is there and does not answer anybody."""
    pid = libvirtd.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class Destroyed:
    """`virsh destroy` of a frozen QEMU, in the background: libvirt holds the VM's lock for the 10 s until it uses SIGKILL."""

    def __init__(self, guest):
        guest.freeze()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(["virsh", "-q", "-c", URI, "destroy", guest.name], **quiet)

    @property
    def done(self):
        return self._process.poll() is not None

    def wait(self):
        assert self._process.wait(timeout=60) == 0, "virsh destroy failed"


@contextmanager
def lock_held(guest):
    """libvirt holds the lock of this VM from the first moment of the block, and gives it back after 10 s or at the end of the
    block. The VM is gone then."""
    destroyed = Destroyed(guest)
    try:
        wait_for(lambda: signal.SIGTERM in pending_signals(guest.pid), 10, "virsh destroy to be at it")
        yield destroyed
    finally:
        if not destroyed.done:
            guest.kill()  # what libvirt waits for
        destroyed.wait()


def destroy_slowly(guest, ends_after_s=0.45):
    """`virsh destroy` of a QEMU that takes a while to end, as a big one does that gives its memory back: its lock is held
    meanwhile. It is stopped only while it is told to end, when libvirt lets nobody ask it anything. Gives the seconds it took."""
    begin, destroyed = time.monotonic(), Destroyed(guest)
    try:
        wait_for(lambda: destroyed.done or signal.SIGTERM in pending_signals(guest.pid), 10, "virsh destroy to be at it")
        time.sleep(ends_after_s)
    finally:
        guest.thaw()
    destroyed.wait()
    return round(time.monotonic() - begin, 2)
