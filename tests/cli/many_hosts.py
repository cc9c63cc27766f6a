"""Hypervisors of a test's making: some that answer, one that is silent, one that is not there."""

import contextlib
import socket

GONE = "qemu+unix:///system?socket=/nonexistent"
DOMAIN = "<domain type='test'><name>{name}</name><uuid>{uuid}</uuid><memory>1024</memory><os><type>hvm</type></os></domain>"


def uuid_of(number):
    return f"33333333-0000-4000-8000-{number:012}"


def host(directory, name, **vms):
    """NAME=URI of a hypervisor with these VMs, each a name and the number of its UUID."""
    file = directory / f"{name}.xml"
    file.write_text(f"<node>{''.join(DOMAIN.format(name=vm, uuid=uuid_of(number)) for vm, number in vms.items())}</node>")
    return f"{name}=test://{file}"


@contextlib.contextmanager
def mute(directory):
    """The URI of a daemon that takes every connection and never says a word."""
    path = directory / "mute"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(200)
        yield f"qemu+unix:///system?socket={path}"
