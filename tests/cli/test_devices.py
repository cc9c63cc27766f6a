"""Devices that are not what they seem, on a driver that is asked for each one."""

import pytest

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
    lines = done.lines()
    disk, = (line for line in lines if line.measurement == "vm_disk")
    totals, = (line for line in lines if line.measurement == "vm_totals")
    assert disk.tags["device"] == "vda"
    assert totals.fields["disk_rd_reqs"] == disk.fields["rd_reqs"]


def test_a_drive_with_a_medium_has_counters(with_devices):
    done = with_devices("""<disk type='file' device='cdrom'><source file='/a.iso' startupPolicy='optional'/>
        <target dev='sda' bus='sata'/></disk>""")
    assert [line.tags["device"] for line in done.lines() if line.measurement == "vm_disk"] == ["sda"]


TWICE = "".join(f"<interface type='ethernet'><mac address='52:54:00:00:00:0{i}'/><target dev='eth4'/></interface>" for i in "12")


def test_two_nics_of_one_name_are_one_line_and_are_counted_once(with_devices):
    lines = with_devices(TWICE).lines()
    nic, = (line for line in lines if line.measurement == "vm_nic")
    totals, = (line for line in lines if line.measurement == "vm_totals")
    assert nic.tags["device"] == "eth4"
    assert totals.fields["net_rx_bytes"] == nic.fields["rx_bytes"]


def test_two_nics_of_one_name_make_no_series_twice(with_devices):
    samples = [line for line in with_devices(TWICE, "--format", "prometheus").out.splitlines() if not line.startswith("#")]
    series = [line.rpartition(" ")[0] for line in samples]
    assert any('target_device="eth4"' in name for name in series)
    assert len(series) == len(set(series))
