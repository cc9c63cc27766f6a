"""With VMTELEM_BESIDE=1 every `run` of the suite collects from a second hypervisor beside the one that its test is about: libvirt's
test driver without a VM. What a test looks at must be the same then, so the readers of lines leave the second one's out."""

import os
import tempfile
import threading
from pathlib import Path

HOST = "beside"
IS_ON = os.environ.get("VMTELEM_BESIDE") == "1"
TAG = f"host={HOST} "


def _uri():
    file = Path(tempfile.gettempdir()) / "vmtelem-integration-beside.xml"
    new = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    new.write_text("<node/>\n")
    new.replace(file)  # in one step, for the programs of other tests read it whenever they connect
    return f"test://{file}"


def added_to(settings, command):
    """The settings, with the second hypervisor where there is one and its place is not taken."""
    uri = settings.get("LIBVIRT_URI", "")
    if not IS_ON or command != "run" or len(uri.split()) != 1:
        return settings
    return {**settings, "LIBVIRT_URI": f"{uri} {HOST}={_uri()}"}


def lanes():
    """The setting with which a hypervisor of many VMs has as many lanes as it would have alone: local ones share the cores, also with
    one that has no VM, so on a machine with less than four it would have half of them."""
    return {"LANES": min(4, 2 * os.cpu_count())} if IS_ON else {}


def is_cycle(line):
    """Whether a line as text is the hypervisor's of a cycle."""
    return line.startswith("vmtelem,") and TAG not in line
