"""While a QEMU, libvirtd or the database is stopped, the control server answers at once and says what is wrong."""

from types import SimpleNamespace

import pytest
from harness.control_client import ControlClient
from harness.faults import daemon_stopped, frozen
from harness.wait import free_port, wait_for
from influx_server import FakeInflux, hang, ok

TOKEN = "any"
AT_ONCE_S = 0.1


@pytest.fixture(scope="module")
def database():
    with FakeInflux(token=TOKEN) as server:
        yield server


@pytest.fixture(scope="module")
def served(module_vmtelem, fleet, database):
    """A `run` with a control server, and the client for it."""
    port = free_port()
    running = module_vmtelem.start("run", LISTEN=f"127.0.0.1:{port}", INFLUX_URL=database.url, INFLUX_DB="vms", INFLUX_TOKEN=TOKEN,
                                   BATCH_MAX_SEC="0.2s", INFLUX_TIMEOUT="1s", RETRY_MAX="0.5s")
    client = ControlClient(port)
    wait_for(client.answers, 20, "the server")
    wait_for(lambda: shown(client) >= set(fleet.names), 30, "all VMs")
    wait_for(lambda: status(client)["database"]["state"] == "ok", 30, "the database")
    yield SimpleNamespace(running=running, client=client)
    assert running.stop() == 0


def status(client):
    return client.get("/api/telemetry/status")[1]


def shown(client):
    """The VMs by name; other tests may have left some of their own."""
    return {vm["name"] for vm in client.get("/api/telemetry/vms")[1]["vms"]}


def host(client):
    return status(client)["hosts"][0]


def samples_of(metrics, prefix):
    """The values of the samples that begin so."""
    return [line.split()[-1] for line in metrics.splitlines() if line.startswith(prefix)]


def check_times(client):
    assert {path: time_s for path, time_s in client.times_s().items() if time_s > AT_ONCE_S} == {}


def test_with_a_qemu_stopped_the_vm_is_said_to_hang(served, fleet):
    victim = fleet.guests[3]
    with frozen(victim):
        wait_for(lambda: host(served.client)["vms_monitor_blocked"] == 1, 20, "the VM to be counted")
        vms = served.client.get(f"/api/telemetry/vms?name={victim.name}")[1]["vms"]
        assert [vm["monitor_ok"] for vm in vms] == [False] and vms[0]["monitor_blocked_s"] >= 0
        metrics = served.client.get("/metrics")[1]
        assert f'domain="{victim.name}"' in next(line for line in metrics.splitlines()
                                                 if line.startswith("libvirt_domain_monitor_blocked{") and line.endswith(" 1"))
        check_times(served.client)
    wait_for(lambda: host(served.client)["vms_monitor_blocked"] == 0, 20, "the VM to answer again")


def test_with_libvirtd_stopped_the_hypervisor_is_said_not_to_answer(served, libvirtd, fleet):
    with daemon_stopped(libvirtd):
        wait_for(lambda: host(served.client)["up"] is False, 20, "the silence to be noticed")
        assert "does not answer" in host(served.client)["error"] and host(served.client)["vms"] is None
        assert served.client.get("/api/telemetry/vms")[1] == {"count": 0, "vms": []}
        metrics = served.client.get("/metrics")[1]
        assert samples_of(metrics, "libvirt_up{") == ["0"] and samples_of(metrics, "libvirt_domain") == []
        wait_for(lambda: served.client.get("/readyz")[0] == 503, 20, "it not to be ready any more")
        check_times(served.client)
    wait_for(lambda: shown(served.client) >= set(fleet.names), 30, "all VMs again")
    wait_for(lambda: served.client.get("/readyz") == (200, "ok\n"), 20, "it to be ready again")


def test_with_the_database_silent_it_is_said_to_fail_and_lines_wait(served, database):
    database.default = hang
    try:
        wait_for(lambda: status(served.client)["database"]["state"] == "failing", 30, "the outage to be noticed")
        shown = status(served.client)
        assert "does not answer" in shown["database"]["error"] and shown["running"] is True
        assert served.client.get("/readyz") == (200, "ok\n")
        check_times(served.client)
    finally:
        database.default = ok
    wait_for(lambda: status(served.client)["database"]["state"] == "ok", 30, "the database to be well again")
