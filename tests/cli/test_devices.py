"""Devices that are not what they seem, on a driver that is asked for each one."""

import pytest
from line_protocol import parse

UUID = "22222222-0000-4000-8000-000000000009"  # else libvirt makes a new one for each connection
DISK = "<disk type='file' device='disk'><source file='/a.img'/><target dev='vda' bus='virtio'/></disk>"


@pytest.fixture
def with_devices(vmtelem, tmp_path):
    """One sample of a VM with these devices."""
    def once(devices, *arguments):
        node = tmp_path / "node.xml"
        node.write_text(f"""<node><domain type='test'><name>a</name><uuid>{UUID}</uuid><memory>1024</memory>
            <os><type>hvm</type></os><devices>{devices}</devices></domain></node>""")
        return vmtelem("once", "--stdout", "-c", f"test://{node}", *arguments)

    return once


@pytest.mark.parametrize("source", ["", "<source startupPolicy='optional'/>", "<source index='3'/>"])
def test_a_drive_without_a_medium_has_no_counters_and_is_no_error(with_devices, source):
    done = with_devices(f"{DISK}<disk type='file' device='cdrom'>{source}<target dev='sda' bus='sata'/></disk>")
    assert (done.code, done.err) == (0, "")
    lines = parse(done.out)
    disk, = (line for line in lines if line.measurement == "vm_disk")
    totals, = (line for line in lines if line.measurement == "vm_totals")
    assert disk.tags["device"] == "vda"
    assert totals.fields["disk_rd_reqs"] == disk.fields["rd_reqs"]


def test_a_drive_with_a_medium_has_counters(with_devices):
    done = with_devices("""<disk type='file' device='cdrom'><source file='/a.iso' startupPolicy='optional'/>
        <target dev='sda' bus='sata'/></disk>""")
    assert [line.tags["device"] for line in parse(done.out) if line.measurement == "vm_disk"] == ["sda"]
