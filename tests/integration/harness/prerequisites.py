"""What the tests need from the machine, and what happens where it is missing.

A developer without libvirt gets skips that name the reason. CI sets VMTELEM_REQUIRE_INTEGRATION=1, because a suite that
silently skips everything there would look green for ever.
"""

import os
import shutil
from pathlib import Path

import pytest

PACKAGE_OF = {
    "libvirtd": "libvirt-daemon-system",
    "virsh": "libvirt-clients",
    "virt-admin": "libvirt-clients",
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "cpio": "cpio",
    "ip": "iproute2",
    "mount": "mount",
    "openssl": "openssl",
    "influxd": "influxdb",
    "victoria-metrics": "victoria-metrics",
    "prometheus": "prometheus",
}
REPOSITORY = Path(__file__).resolve().parents[3]


def give_up(reason):
    """Skip the test, or fail it where the suite is required to run."""
    if os.environ.get("VMTELEM_REQUIRE_INTEGRATION") == "1":
        pytest.fail(f"VMTELEM_REQUIRE_INTEGRATION=1, but {reason}", pytrace=False)
    pytest.skip(reason)


def missing():
    """Everything that the private libvirt host needs and that is not there; empty when it can be built."""
    faults = [] if os.geteuid() == 0 else ["not root"]
    faults += [f"no {tool} (package {package})" for tool, package in PACKAGE_OF.items() if not find(tool)]
    faults += [] if os.path.exists("/dev/net/tun") else ["no /dev/net/tun"]
    faults += [] if cloud_kernel() else ["no /boot/vmlinuz-*-cloud-amd64 with modules (package linux-image-cloud-amd64)"]
    return faults


def find(tool):
    """Path of a program; daemons live in sbin, which the PATH of a login may lack."""
    return shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def cloud_kernel():
    """Version of the newest installed cloud kernel that has its modules, or None."""
    kernels = sorted(Path("/boot").glob("vmlinuz-*-cloud-amd64"), key=lambda path: path.stat().st_mtime)
    versions = [path.name.removeprefix("vmlinuz-") for path in kernels]
    with_modules = [version for version in versions if Path("/lib/modules", version, "modules.dep").exists()]
    return with_modules[-1] if with_modules else None


def vmtelem_path():
    """The program under test: $VMTELEM, else the usual place in the build tree."""
    return Path(os.environ.get("VMTELEM") or REPOSITORY / "build/cmd/vmtelem")
