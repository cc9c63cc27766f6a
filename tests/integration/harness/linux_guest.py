"""A real guest whose disk and network traffic is known to the byte: the ground truth for everything that is collected."""

import socket
import struct
from xml.etree import ElementTree

from harness.guests import NIC_XML, Guest, disk_xml, domain_xml, new_disk
from harness.initramfs import READY, build_initramfs, kernel_image
from harness.libvirtd import domstats, virsh
from harness.wait import wait_for

NAME = "linux guest=1,x"  # every character that line protocol has to escape in a tag
FRAMES_RECEIVED = 7
FRAME_RECEIVED_BYTES = 100
ETHERTYPE_EXPERIMENTAL = 0x88B5  # the guest's kernel drops it without an answer
MEMORY_MIB = 160


class LinuxGuest(Guest):
    """Boots, does its I/O, prints READY on the serial console and idles; the host then sends it FRAMES_RECEIVED frames."""

    def __init__(self, directory):
        self.console = directory / "console.log"
        disk = disk_xml(new_disk(directory), "vda")
        console = f"<serial type='file'><source path='{self.console}'/><target port='0'/></serial>"
        boot = (f"<kernel>{kernel_image()}</kernel><initrd>{build_initramfs(directory)}</initrd>"
                "<cmdline>console=ttyS0 quiet ipv6.disable=1 panic=-1</cmdline>")
        super().__init__(directory, NAME, domain_xml(NAME, MEMORY_MIB, boot, disk + NIC_XML + console))

    def boot(self):
        """Create it and wait until all its traffic has been counted."""
        self.create()
        wait_for(self._ready, 120, f"the guest's kernel to print '{READY}' to {self.console}")
        send_frames(self.tap(), self.mac(), FRAMES_RECEIVED)
        wait_for(lambda: self.stats().get("net.0.rx.pkts") == str(FRAMES_RECEIVED), 30, "the frames to reach the guest")
        wait_for(lambda: "balloon.usable" in self.stats(), 30, "the guest's first balloon report")
        return self

    def stats(self):
        return domstats()[self.name]

    def tap(self):
        """Name of the first NIC's host side."""
        return self._interface().find("target").get("dev")

    def mac(self):
        return bytes.fromhex(self._interface().find("mac").get("address").replace(":", ""))

    def _interface(self):
        return ElementTree.fromstring(virsh("dumpxml", self.name)).find("devices/interface")

    def _ready(self):
        return self.console.exists() and READY in self.console.read_text(errors="replace")


def send_frames(interface, destination, count):
    """Send raw Ethernet frames out of the host side of a tap: the guest receives them."""
    header = destination + bytes.fromhex("020000000001") + struct.pack("!H", ETHERTYPE_EXPERIMENTAL)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((interface, 0))
        for _ in range(count):
            raw.send(header.ljust(FRAME_RECEIVED_BYTES, b"\0"))
