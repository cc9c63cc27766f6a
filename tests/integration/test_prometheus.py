"""A real Prometheus scrapes the control server: each hypervisor, and the process, by what /sd says."""

import pytest
from harness.control_client import ControlClient
from harness.embedded_host import embedded_host
from harness.prometheus import Prometheus
from harness.wait import free_port, wait_for

ODD = ["first", 'a"b', "a\\b", 'x{y="z"},w}', "it's $x (1)", "a.b", "日本語テスト", "n" * 200]


@pytest.fixture
def scraped(vmtelem, world):
    """A Prometheus that scrapes a `run` with two hypervisors."""
    port, directory = free_port(), world.directory("prometheus")
    hosts = {"one": ODD, "two": ["web", "db"]}
    uris = " ".join(f"{name}={embedded_host(directory, vms)}" for name, vms in hosts.items())
    vmtelem.start("run", "--stdout", LISTEN=f"127.0.0.1:{port}", LIBVIRT_URI=uris)
    wait_for(ControlClient(port).answers, 20, "the control server")  # Prometheus asks for targets once a minute
    server = Prometheus(directory, port).start()
    yield server
    server.kill()


def test_each_hypervisor_and_the_process_are_targets_that_are_up(scraped):
    wait_for(lambda: [value for _, value in scraped.query("up")] == [1, 1, 1], 60, "three targets that are up")
    assert {labels["instance"] for labels, _ in scraped.query("up")} >= {"one", "two"}


def test_the_vms_are_stored_under_their_names(scraped):
    wait_for(lambda: len(scraped.query("libvirt_domain_info_state")) == len(ODD) + 2, 60, "all VMs")
    of_one = [labels["domain"] for labels, _ in scraped.query('libvirt_domain_info_state{host="one"}')]
    assert sorted(of_one) == sorted(ODD)


def test_what_the_process_says_of_itself_is_stored_once(scraped):
    wait_for(lambda: len(scraped.query("vmtelem_hypervisor_up")) == 2, 60, "both hypervisors")
    assert [value for _, value in scraped.query("vmtelem_paused")] == [0]
    assert scraped.query("vmtelem_lines_sampled_total")[0][1] > 0
