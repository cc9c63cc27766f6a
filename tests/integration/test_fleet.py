"""Many guests at once: every line against what virsh reads from the same daemon just before and just after."""

from types import SimpleNamespace

import pytest
from harness import schema
from harness.guests import idle_guest
from harness.libvirtd import domstats, virsh
from harness.line_protocol import by_vm, select
from harness.wait import wait_for

DISKS = NICS = 2


@pytest.fixture(scope="module")
def fleet(world, libvirtd, full):
    directory = world.directory("fleet")
    guests = [idle_guest(directory, f"fleet-{number}", DISKS, NICS).create() for number in range(40 if full else 20)]
    wait_for(lambda: all(has_booted(stats) for name, stats in domstats().items() if name.startswith("fleet-")), 60,
             "every guest to have read its boot sector")
    yield [guest.name for guest in guests]
    for guest in guests:
        guest.remove()


def has_booted(stats):
    return int(stats["block.0.rd.reqs"]) > 0


@pytest.fixture(scope="module")
def reading(fleet, module_vmtelem):
    """One sample between two readings by virsh."""
    before = domstats()
    finished = module_vmtelem("once", "--stdout", "--per-vcpu", "--vm", "fleet-*")
    return SimpleNamespace(before=before, finished=finished, lines=finished.lines(), after=domstats())


def test_sampling_succeeds_in_silence(reading):
    assert (reading.finished.code, reading.finished.err) == (0, "")


def test_every_vm_has_one_line_of_totals(fleet, reading):
    assert sorted(by_vm(reading.lines, "vm_totals")) == sorted(fleet)


def test_every_disk_has_one_line(fleet, reading):
    disks = [(line.tags["vm"], line.tags["device"]) for line in select(reading.lines, "vm_disk")]
    assert sorted(disks) == sorted((vm, disk) for vm in fleet for disk in ("vda", "vdb"))


def test_every_nic_has_one_line(fleet, reading):
    nics = [(line.tags["vm"], line.tags["device"]) for line in select(reading.lines, "vm_nic")]
    assert sorted(nics) == sorted((vm, nic) for vm in fleet for nic in schema.devices(reading.before[vm], "net"))


def test_totals_hold_what_libvirt_says_and_nothing_else(reading):
    faults = {vm: schema.differences(schema.TOTALS, reading.before[vm], line, reading.after[vm])
              for vm, line in by_vm(reading.lines, "vm_totals").items()}
    assert {vm: found for vm, found in faults.items() if found} == {}


@pytest.mark.parametrize("measurement, group, table", [("vm_nic", "net", schema.NIC), ("vm_disk", "block", schema.DISK)])
def test_devices_hold_what_libvirt_says_and_nothing_else(reading, measurement, group, table):
    def faults_of(line):
        old, new = [schema.devices(stats[line.tags["vm"]], group)[line.tags["device"]] for stats in (reading.before, reading.after)]
        return schema.differences(table, old, line, new)
    assert [found for line in select(reading.lines, measurement) if (found := faults_of(line))] == []


@pytest.mark.parametrize("measurement, prefix, fields", [("vm_nic", "net_", schema.NET_COUNTERS),
                                                         ("vm_disk", "disk_", schema.DISK_COUNTERS)])
def test_totals_are_the_sums_of_the_devices(reading, measurement, prefix, fields):
    for vm, totals in by_vm(reading.lines, "vm_totals").items():
        lines = select(reading.lines, measurement, vm=vm)
        sums = {field: sum(line.fields[field] for line in lines) for field in fields}
        assert {field: totals.fields[prefix + field] for field in fields} == sums


def test_totals_have_no_fields_that_the_schema_does_not_name(reading):
    known = schema.TOTALS.keys() | schema.TOTALS_FROM_ELSEWHERE
    assert {field for line in select(reading.lines, "vm_totals") for field in line.fields} - known == set()


def test_domain_id_is_the_one_that_virsh_shows(fleet, reading):
    ids = {vm: line.fields["domain_id"] for vm, line in by_vm(reading.lines, "vm_totals").items()}
    assert ids == {vm: int(virsh("domid", vm)) for vm in fleet}


def test_uuid_is_the_one_that_virsh_shows(fleet, reading):
    uuids = {vm: line.tags["uuid"] for vm, line in by_vm(reading.lines, "vm_totals").items()}
    assert uuids == {vm: virsh("domuuid", vm).strip() for vm in fleet}


def test_tags_stand_in_the_order_of_the_schema(reading):
    orders = {line.measurement: tuple(line.tags) for line in reading.lines if line.measurement.startswith("vm_")}
    assert orders == {"vm_totals": ("host", "vm", "uuid"), "vm_nic": ("host", "vm", "uuid", "device"),
                      "vm_disk": ("host", "vm", "uuid", "device"), "vm_vcpu": ("host", "vm", "uuid", "vcpu")}


def test_vcpu_time_lies_between_the_two_readings(reading):
    for vm, line in by_vm(reading.lines, "vm_vcpu").items():
        before, after = [int(stats[vm]["vcpu.0.time"]) for stats in (reading.before, reading.after)]
        assert before <= line.fields["time_ns"] <= after


def test_a_guest_that_never_reported_has_no_age_of_its_report(reading):
    assert [line for line in select(reading.lines, "vm_totals") if "mem_stats_age_s" in line.fields] == []


def test_monitors_that_answer_are_called_ok(reading):
    assert {line.fields.get("monitor_ok") for line in select(reading.lines, "vm_totals")} == {True}


def test_a_single_sample_has_no_rates(reading):
    assert [field for line in reading.lines for field in line.fields if field.endswith(("_rate", "_angle_deg", "_percent"))] == []


def test_the_line_of_the_hypervisor_counts_the_vms(fleet, reading):
    lines = select(reading.lines, "vmtelem")
    assert [(line.fields["up"], line.fields["vms"]) for line in lines] == [(True, len(fleet))]


def test_all_lines_of_the_sample_are_stamped_with_the_time_of_sampling(reading):
    stamps = [line.time_ns for line in select(reading.lines, "vm_totals")]
    assert max(stamps) - min(stamps) < 5e9


def test_list_vms_shows_every_guest(fleet, module_vmtelem):
    listed = module_vmtelem("list-vms", "--format", "name", "--vm", "fleet-*")
    assert sorted(listed.out.split()) == sorted(fleet)
