"""Guests in every state of life: who has a line, with which state, and which fields stay unknown."""

import pytest
from harness.libvirtd import virsh
from harness.line_protocol import by_vm, select

RUNNING, PAUSED = 1, 3
GUEST_ONLY_FIELDS = ("mem_usable_bytes", "mem_available_bytes", "mem_unused_bytes", "mem_disk_caches_bytes", "mem_swap_in_bytes",
                     "mem_major_faults", "mem_stats_age_s")


def sample(vmtelem, name):
    """The lines of one VM from one sample."""
    return vmtelem("once", "--stdout", "--vm", name).lines()


def test_a_running_guest_is_running(vmtelem, new_guest):
    new_guest("running").create()
    assert by_vm(sample(vmtelem, "running"), "vm_totals")["running"].fields["state"] == RUNNING


def test_a_paused_guest_keeps_its_line_and_is_paused(vmtelem, new_guest):
    new_guest("paused").create()
    virsh("suspend", "paused")
    assert by_vm(sample(vmtelem, "paused"), "vm_totals")["paused"].fields["state"] == PAUSED


def test_a_paused_guest_keeps_its_counters(vmtelem, new_guest):
    new_guest("paused").create()
    virsh("suspend", "paused")
    assert {"disk_rd_bytes", "net_rx_bytes", "cpu_time_ns"} <= by_vm(sample(vmtelem, "paused"), "vm_totals")["paused"].fields.keys()


def test_a_guest_that_is_shut_off_has_no_line(vmtelem, new_guest):
    new_guest("off").define()
    assert select(sample(vmtelem, "off"), "vm_totals") == []


def test_a_guest_that_is_shut_off_is_listed_on_demand(vmtelem, new_guest):
    new_guest("off").define()
    listed = [vmtelem("list-vms", *flags, "--format", "name", "--vm", "off").out for flags in ([], ["--all"])]
    assert listed == ["", "off\n"]


def test_a_guest_that_was_stopped_has_no_line(vmtelem, new_guest):
    guest = new_guest("stopped").define().start()
    guest.destroy()
    assert select(sample(vmtelem, "stopped"), "vm_totals") == []


def test_a_guest_that_was_just_started_has_no_rates_yet(vmtelem, new_guest):
    new_guest("fresh").define().start()
    lines = sample(vmtelem, "fresh")
    assert [field for line in lines for field in line.fields if field.endswith("_rate")] == []


@pytest.mark.parametrize("field", GUEST_ONLY_FIELDS)
def test_figures_that_only_the_guest_could_give_are_absent_and_not_zero(vmtelem, any_guest, field):
    assert field not in by_vm(sample(vmtelem, any_guest.name), "vm_totals")[any_guest.name].fields


def test_a_guest_without_devices_has_no_device_totals(vmtelem, new_guest):
    new_guest("bare", disks=0, nics=0).create()
    fields = by_vm(sample(vmtelem, "bare"), "vm_totals")["bare"].fields
    assert [field for field in fields if field.startswith(("disk_", "net_"))] == []


def test_an_empty_cdrom_does_not_stand_in_the_way_of_the_totals(vmtelem, new_guest):
    cdrom = "<disk type='file' device='cdrom'><target dev='sda' bus='scsi'/><readonly/></disk>"
    new_guest("cdrom", disks=1, extra=cdrom).create()
    assert "disk_rd_bytes" in by_vm(sample(vmtelem, "cdrom"), "vm_totals")["cdrom"].fields


@pytest.mark.parametrize("name", ["büro vm", "a,b=c d", "#1", "q\"uote'", "100%", "-v", "*"])
def test_a_name_with_special_characters_comes_through(vmtelem, new_guest, name):
    new_guest(name).create()
    assert name in by_vm(vmtelem("once", "--stdout").lines(), "vm_totals")


def test_a_window_gives_rates(vmtelem, any_guest):
    lines = vmtelem("once", "--stdout", "--window", "1s", "--vm", any_guest.name).lines()
    assert "disk_rd_bytes_rate" in by_vm(lines, "vm_features")[any_guest.name].fields


def test_a_window_gives_the_lines_of_one_sample_only(vmtelem, any_guest):
    lines = vmtelem("once", "--stdout", "--window", "1s", "--vm", any_guest.name).lines()
    assert len(select(lines, "vm_totals")) == 1


def test_processor_use_lies_between_nothing_and_all(vmtelem, any_guest):
    lines = vmtelem("once", "--stdout", "--window", "1s", "--vm", any_guest.name).lines()
    assert 0 <= by_vm(lines, "vm_features")[any_guest.name].fields["cpu_percent"] < 100
