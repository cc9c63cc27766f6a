"""The fixtures are held against virsh and the databases' own interfaces, so that a red test elsewhere means the program."""

import os
import time

from harness.databases import InfluxDb, http
from harness.guests import PLUGGED_NIC_XML, disk_xml, new_disk
from harness.libvirtd import domstats, virsh
from harness.linux_guest import FRAME_RECEIVED_BYTES, FRAMES_RECEIVED
from harness.initramfs import FRAME_SENT_BYTES, FRAMES_SENT, READ_MIB, WRITE_MIB
from harness.wait import wait_for

MIB = 1 << 20


def test_the_linux_guest_wrote_what_it_was_told(linux_guest):
    stats = linux_guest.stats()
    assert (stats["block.0.wr.bytes"], stats["block.0.wr.reqs"]) == (str(WRITE_MIB * MIB), str(WRITE_MIB))


def test_the_linux_guest_read_what_it_was_told(linux_guest):
    assert READ_MIB * MIB <= int(linux_guest.stats()["block.0.rd.bytes"]) < (READ_MIB + 1) * MIB


def test_the_linux_guest_sent_its_frames(linux_guest):
    stats = linux_guest.stats()
    assert (int(stats["net.0.tx.pkts"]), int(stats["net.0.tx.bytes"])) == (FRAMES_SENT, FRAMES_SENT * FRAME_SENT_BYTES)


def test_the_linux_guest_received_our_frames_and_no_others(linux_guest):
    stats = linux_guest.stats()
    assert (int(stats["net.0.rx.pkts"]), int(stats["net.0.rx.bytes"])) == (FRAMES_RECEIVED, FRAMES_RECEIVED * FRAME_RECEIVED_BYTES)


def test_a_linux_guest_lets_go_of_a_nic(linux_guest, world):
    path = linux_guest.attach(PLUGGED_NIC_XML, world.directory("nic"))
    assert linux_guest.stats()["net.count"] == "2"
    linux_guest.detach(path)
    wait_for(lambda: linux_guest.stats()["net.count"] == "1", 30, "the NIC to go")


def test_an_idle_guest_halts(any_guest):
    wait_for(lambda: int(domstats()["any"]["block.0.rd.reqs"]) == 1, 30, "the boot sector to be read")
    assert all(domstats()["any"][f"net.{nic}.rx.pkts"] == "0" for nic in (0, 1))


def test_a_scsi_disk_goes_out_of_an_idle_guest(new_guest, world):
    directory = world.directory("disk")
    guest = new_guest("scsi").create()
    path = guest.attach(disk_xml(new_disk(directory), "sda", "scsi"), directory)
    guest.detach(path)
    wait_for(lambda: domstats()["scsi"]["block.count"] == "2", 10, "the disk to go")


def test_guests_survive_the_death_of_the_daemon(libvirtd, any_guest):
    libvirtd.kill()
    libvirtd.start()
    assert virsh("domstate", any_guest.name).strip() == "running"


def test_our_libvirt_is_not_the_one_of_the_machine(world):
    assert os.readlink("/proc/self/ns/net") != world.network_of_machine


def test_influxdb_returns_what_it_was_given(influxdb):
    http(influxdb.url + "/write?db=vmstats", b"probe,vm=linux\\ guest\\=1\\,x x=5i 1")
    assert influxdb.rows("vmstats", "probe", vm="linux guest=1,x") == [{"time": 1, "vm": "linux guest=1,x", "x": 5}]


def test_victoriametrics_returns_what_it_was_given(victoria_metrics):
    now = str(time.time_ns()).encode()  # it keeps one month
    http(victoria_metrics.url + "/write", b"probe,vm=linux\\ guest\\=1\\,x x=5i " + now)
    found = wait_for(lambda: victoria_metrics.series("probe_x"), 10, "the point to be found")
    assert [(labels["vm"], values) for labels, values in found] == [("linux guest=1,x", [5])]


def test_influxdb_with_authentication_turns_strangers_away(new_database):
    server = new_database(InfluxDb, user=("writer", "secret"))
    server.create_admin()
    assert http(server.url + "/query?q=SHOW+DATABASES")[0] == 401
