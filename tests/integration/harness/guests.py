"""Guests without an operating system: cheap enough to have many of them under software emulation.

Their first disk starts with `cli; hlt`, so the only virtual CPU halts for good with interrupts off. Without a boot sector
SeaBIOS would retry every 60 s and move the disk counters. Costs 0.6 % of a core per guest on a two-core machine.
"""

import os
import signal
import uuid
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from harness.libvirtd import URI, virsh

BOOT_SECTOR = b"\xfa\xf4\xeb\xfd".ljust(510, b"\0") + b"\x55\xaa"  # cli; hlt; jmp back to hlt
BUSY_BOOT_SECTOR = b"\xeb\xfe".ljust(510, b"\0") + b"\x55\xaa"  # jmp to itself
DISK_BYTES = 16 << 20


class Guest:
    """One domain. Names are unique per session; the files lie in `directory`, which the session removes."""

    def __init__(self, directory, name, xml):
        self.name = name
        self._xml = directory / f"{uuid.uuid4()}.xml"
        self._xml.write_text(xml)

    def with_uuid(self, text):
        """Instead of one that libvirt makes up."""
        self._xml.write_text(self._xml.read_text().replace("</name>", f"</name><uuid>{text}</uuid>", 1))
        return self

    def create(self, uri=URI, paused=False):
        """Start as a transient domain: it is gone from libvirt when it stops. A paused one runs no BIOS, which costs CPU."""
        virsh("-c", uri, "create", self._xml, *["--paused"] * paused)
        return self

    def define(self):
        """Make it persistent, shut off."""
        virsh("define", self._xml)
        return self

    def undefine(self):
        virsh("undefine", self.name)

    def start(self):
        virsh("start", self.name)
        return self

    def destroy(self):
        virsh("destroy", self.name)

    def freeze(self):
        """Stop its QEMU process: libvirt still calls it running, and a call that asks its monitor hangs."""
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)

    def kill(self):
        """Its QEMU process dies, as when the host is short of memory."""
        self._signal(signal.SIGKILL)

    @property
    def pid(self):
        """Of its QEMU."""
        return int(Path(f"/run/libvirt/qemu/{self.name}.pid").read_text())

    def _signal(self, signum):
        os.kill(self.pid, signum)

    def remove(self):
        """Stop and forget it, whatever state it is in; for the end of a test, which must not fail here."""
        for verb in ("destroy", "undefine"):
            try:
                virsh(verb, self.name)
            except AssertionError:
                pass

    def prefer(self):
        """Give its QEMU what it wants of the processors, before everybody else."""
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            os.setpriority(os.PRIO_PROCESS, int(thread), -15)

    def attach(self, device_xml, directory):
        """Plug a device into the running guest; returns the file that `detach` needs."""
        path = directory / f"{uuid.uuid4()}.xml"
        path.write_text(device_xml)
        virsh("attach-device", self.name, path, "--live")
        return path

    def detach(self, path):
        virsh("detach-device", self.name, path, "--live")


def idle_guest(directory, name, disks=2, nics=2, extra=""):
    """A guest that halts at once; `extra` is more XML for its devices."""
    paths = [new_disk(directory, BOOT_SECTOR) for _ in range(disks)]
    devices = "".join(disk_xml(path, f"vd{chr(97 + index)}") for index, path in enumerate(paths))
    devices += NIC_XML * nics + extra
    return Guest(directory, name, domain_xml(name, 16, "", devices))


def busy_guest(directory, name):
    """A guest whose only virtual CPU never rests; costs a whole core."""
    return Guest(directory, name, domain_xml(name, 16, "", disk_xml(new_disk(directory, BUSY_BOOT_SECTOR), "vda")))


def domain_xml(name, memory_mib, boot, devices):
    """Software emulation (type qemu), so that the tests need no KVM; no USB, whose polling costs CPU."""
    return f"""<domain type='qemu'>
  <name>{escape(name)}</name>
  <memory unit='MiB'>{memory_mib}</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type>{boot}</os>
  <features><acpi/></features>
  <devices>
    <controller type='usb' model='none'/>
    <controller type='scsi' model='virtio-scsi'/>
    {devices}
    <memballoon model='virtio'><stats period='1'/></memballoon>
  </devices>
</domain>"""


NIC_XML = "<interface type='ethernet'><model type='virtio'/></interface>"
# By its address libvirt knows which NIC is to be unplugged.
PLUGGED_NIC_XML = NIC_XML.replace("<model", "<mac address='52:54:00:00:00:99'/><model")


def disk_xml(path, target, bus="virtio"):
    """SCSI disks can be unplugged without the guest's help, virtio ones cannot."""
    return (f"<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file={quoteattr(str(path))}/>"
            f"<target dev='{target}' bus='{bus}'/></disk>")


def new_disk(directory, start=b"", size=DISK_BYTES):
    """A sparse raw image that begins with `start`."""
    path = directory / f"{uuid.uuid4()}.raw"
    with open(path, "wb") as image:
        image.write(start)
        image.truncate(size)
    return path
