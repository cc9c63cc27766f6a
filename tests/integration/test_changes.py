"""Guests and devices that come and go while `run` watches: no rate is made over a change, and none is kept out for longer."""

import time

import pytest
from harness.guests import PLUGGED_NIC_XML, disk_xml, new_disk
from harness.libvirtd import domstats
from harness.line_protocol import select
from harness.schema import devices
from harness.wait import wait_for

PLUGGED = "sda"


class Watch:
    """A `run --stdout` that looks at one VM."""

    def __init__(self, vmtelem, name):
        self.running = vmtelem.start("run", "--stdout", "--batch-age", "100ms", "--vm", name)

    def lines(self, measurement, **tags):
        return select(self.running.lines(), measurement, **tags)

    def first(self, count, measurement, **tags):
        """The first `count` lines like this; of something that appears while we watch, also those that are already there."""
        wait_for(lambda: len(self.lines(measurement, **tags)) >= count, 30, f"{count} lines of {measurement} {tags}")
        return self.lines(measurement, **tags)[:count]

    def cycles(self, count):
        """Wait until so many more cycles are complete."""
        self.first(len(self.lines("vmtelem")) + count, "vmtelem")

    def lines_since(self, time_ns, measurement, **tags):
        return [line for line in self.lines(measurement, **tags) if line.time_ns > time_ns]

    def rates_at(self, time_ns):
        """Names of all rates that carry this stamp."""
        lines = [line for line in self.running.lines() if line.time_ns == time_ns]
        return [field for line in lines for field in line.fields if field.endswith("_rate")]


@pytest.fixture
def watch(vmtelem):
    """Function that starts to watch a VM; if that is there already, it waits until there are rates."""
    def start(name, there=True):
        watching = Watch(vmtelem, name)
        if there:
            watching.first(1, "vm_features", vm=name)
        return watching
    return start


def rate_fields(line):
    return [field for field in line.fields if field.endswith("_rate")]


def test_a_transient_guest_has_lines_only_while_it_lives(watch, new_guest):
    watching = watch("passing", there=False)
    guest = new_guest("passing").create()
    watching.first(1, "vm_totals", vm="passing")
    guest.destroy()
    gone = time.time_ns()
    watching.cycles(3)
    assert watching.lines_since(gone, "vm_totals") == []


def test_a_guest_that_goes_does_not_make_the_hypervisor_look_down(watch, new_guest):
    watching = watch("passing", there=False)
    guest = new_guest("passing").create()
    watching.first(1, "vm_totals", vm="passing")
    guest.destroy()
    watching.cycles(3)
    assert {line.fields.get("up") for line in watching.lines("vmtelem")} == {True}


def test_a_new_guest_has_rates_from_its_second_sample_on(watch, new_guest):
    """The second with disks: libvirt keeps those to itself while it still starts the guest."""
    watching = watch("new", there=False)
    new_guest("new").create()
    first, second = watching.first(2, "vm_disk", vm="new", device="vda")
    watching.cycles(1)
    assert ["disk_rd_bytes_rate" in watching.rates_at(line.time_ns) for line in (first, second)] == [False, True]


@pytest.fixture
def restart(watch, new_guest):
    """A guest is stopped and started within one run: the watcher, and the domain id before."""
    guest = new_guest("again").define().start()
    watching = watch("again")
    before = watching.lines("vm_totals")[-1].fields["domain_id"]
    guest.destroy()
    guest.start()
    wait_for(lambda: watching.lines("vm_totals")[-1].fields["domain_id"] != before, 30, "a line of the new incarnation")
    watching.cycles(3)
    return watching, before


def test_a_restarted_guest_has_no_rate_over_the_restart(restart):
    watching, before = restart
    first = next(line for line in watching.lines("vm_totals") if line.fields["domain_id"] > before)
    assert watching.rates_at(first.time_ns) == []


def test_a_restarted_guest_has_no_negative_rate(restart):
    watching, _ = restart
    rates = [item for line in watching.lines("vm_features") for item in line.fields.items() if item[0].endswith("_rate")]
    assert [(field, value) for field, value in rates if value < 0 and not field.startswith("mem_")] == []


@pytest.fixture
def plug(watch, new_guest, world):
    """A watched guest and functions that plug and unplug a SCSI disk, which goes without the guest's help."""
    directory = world.directory("plug")
    guest = new_guest("plug").create()
    device = disk_xml(new_disk(directory), PLUGGED, "scsi")
    return watch("plug"), lambda: guest.attach(device, directory), guest.detach


def test_a_plugged_disk_gets_a_line(plug):
    watching, attach, _ = plug
    attach()
    assert watching.first(1, "vm_disk", device=PLUGGED)[0].fields["rd_bytes"] == 0


def test_a_plugged_disk_has_rates_from_its_second_sample_on(plug):
    watching, attach, _ = plug
    attach()
    first, second = watching.first(2, "vm_disk", device=PLUGGED)
    assert (rate_fields(first), "rd_bytes_rate" in second.fields) == ([], True)


def test_a_plugged_disk_suspends_the_rate_of_the_total_for_one_interval(plug):
    watching, attach, _ = plug
    attach()
    first, second = watching.first(2, "vm_disk", device=PLUGGED)
    watching.cycles(1)
    assert ["disk_rd_bytes_rate" in watching.rates_at(line.time_ns) for line in (first, second)] == [False, True]


@pytest.fixture
def unplugged(plug):
    """The watcher, the time from which on the plugged disk was gone again, and a function to plug it in once more."""
    watching, attach, detach = plug
    path = attach()
    watching.first(2, "vm_disk", device=PLUGGED)
    detach(path)
    gone = time.time_ns()
    watching.cycles(3)
    return watching, gone, attach


def test_an_unplugged_disk_has_no_more_lines(unplugged):
    watching, gone, _ = unplugged
    assert watching.lines_since(gone, "vm_disk", device=PLUGGED) == []


def test_an_unplugged_disk_leaves_the_totals_of_the_others(unplugged):
    watching, gone, _ = unplugged
    assert "disk_rd_bytes" in watching.lines_since(gone, "vm_totals")[-1].fields


def test_a_disk_that_came_back_starts_afresh(unplugged):
    watching, gone, attach = unplugged
    attach()
    wait_for(lambda: watching.lines_since(gone, "vm_disk", device=PLUGGED), 30, "the disk to have a line again")
    assert rate_fields(watching.lines_since(gone, "vm_disk", device=PLUGGED)[0]) == []


@pytest.fixture
def second_nic(watch, linux_guest, world):
    """A watched Linux guest, whose kernel lets go of a NIC, and functions that plug one (gives its name) and unplug it."""
    watching = watch(linux_guest.name)
    own = nics(linux_guest)
    plugged = []

    def attach():
        plugged.append(linux_guest.attach(PLUGGED_NIC_XML, world.directory("nic")))
        return (nics(linux_guest) - own).pop()

    def detach():
        linux_guest.detach(plugged.pop())
        wait_for(lambda: nics(linux_guest) == own, 30, "the guest to let go of the NIC")

    yield watching, attach, detach
    if plugged:
        detach()


def nics(guest):
    return set(devices(domstats()[guest.name], "net"))


def test_a_plugged_nic_has_rates_from_its_second_sample_on(second_nic):
    watching, attach, _ = second_nic
    first, second = watching.first(2, "vm_nic", device=attach())
    assert (rate_fields(first), "rx_bytes_rate" in second.fields) == ([], True)


def test_an_unplugged_nic_has_no_more_lines_and_leaves_the_totals_of_the_others(second_nic):
    watching, attach, detach = second_nic
    name = attach()
    watching.first(1, "vm_nic", device=name)
    detach()
    gone = time.time_ns()
    watching.cycles(3)
    assert watching.lines_since(gone, "vm_nic", device=name) == []
    assert "net_rx_bytes" in watching.lines_since(gone, "vm_totals")[-1].fields
