"""run --listen: the API of the replaced system, its words and units, and ours beside them."""

import http.client
import json
import random
import re
import threading

import pytest
from conftest import NODE, TOKEN, complete
from harness.line_protocol import parse_line
from harness.wait import free_port, wait_for
from influx_server import FakeInflux
from test_run import FAST, Log

LISTEN_TOKEN = "l1st3n-t0ken"
OLD_KEYS = ["id", "name", "uuid", "state", "cpu_count", "memory_max", "memory_used", "cputime"]


class Api:
    """The control server of a `run` that delivers to a database of the test's."""

    def __init__(self, start, tmp_path, server, *arguments, **more):
        self.port, self.server = free_port(), server
        token_file = tmp_path / "listen-token"
        token_file.write_text(LISTEN_TOKEN + "\n")
        token_file.chmod(0o600)
        settings = {**complete(server.url, **FAST), "LISTEN": f"127.0.0.1:{self.port}", "LISTEN_TOKEN_FILE": str(token_file), **more}
        self.process = start("run", *arguments, **settings)
        self.log = Log(self.process)

    def request(self, method, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer, answer.read().decode()
        finally:
            connection.close()

    def get(self, path):
        answer, body = self.request("GET", path)
        assert answer.status == 200, body
        return json.loads(body)

    def post(self, path):
        answer, body = self.request("POST", path, Authorization=f"Bearer {LISTEN_TOKEN}")
        assert answer.status == 200, body
        return json.loads(body)

    def cycles(self):
        return [line for line in list(self.server.lines) if line.startswith("vmtelem,")]

    def wait_for_cycles(self, more=2):
        before = len(self.cycles())
        wait_for(lambda: len(self.cycles()) >= before + more, 20, "more cycles")


@pytest.fixture
def server():
    with FakeInflux(token=TOKEN) as influx:
        yield influx


@pytest.fixture
def api(start, tmp_path, server):
    one = Api(start, tmp_path, server)
    one.wait_for_cycles()
    return one


def test_the_vms_have_the_old_keys_words_and_units(api):
    vms = api.get("/api/telemetry/vms")
    assert vms["count"] == len(vms["vms"]) == 3
    web = next(vm for vm in vms["vms"] if vm["name"] == "web 01")
    assert list(web)[:8] == OLD_KEYS
    assert (web["uuid"], web["state"], web["cpu_count"]) == ("22222222-0000-4000-8000-000000000001", "running", 2)
    assert (web["memory_max"], web["memory_used"]) == (1048576, 524288)


def test_our_own_keys_lie_beside_them_with_the_values_of_the_lines(api):
    web = next(vm for vm in api.get("/api/telemetry/vms")["vms"] if vm["name"] == "web 01")
    fields = next(parse_line(line).fields for line in reversed(list(api.server.lines)) if line.startswith("vm_totals,") and r"web\ 01" in line)
    for name in ("vcpus_max", "mem_max_bytes", "net_rx_bytes", "disk_rd_bytes"):
        assert web.get(name) is None and name not in fields or web[name] >= 0
    assert web["mem_max_bytes"] == fields["mem_max_bytes"] == 1048576 * 1024
    assert [disk["device"] for disk in web["disks"]] == ["vda", "vdb"] or web["disks"]


def test_live_vms_are_those_of_the_last_cycle(api):
    vms = api.get("/api/telemetry/live-vms")
    assert (vms["source"], vms["count"]) == ("libvirt", 3)
    assert list(vms["vms"][0])[:8] == OLD_KEYS


def test_vm_telemetry_has_the_old_rates(api):
    vms = api.get("/api/telemetry/vm-telemetry")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", vms["timestamp"])
    assert {"cpu_usage_percent", "memory_usage_percent", "disk_read_bytes", "disk_write_bytes", "network_rx_bytes", "network_tx_bytes",
            "cpu_rate", "memory_rate", "disk_read_rate", "disk_write_rate", "network_rx_rate", "network_tx_rate"} <= set(vms["vms"][0])


def test_the_vms_are_filtered_sorted_and_limited(api):
    names = [vm["name"] for vm in api.get("/api/telemetry/vms?sort=-name")["vms"]]
    assert names == sorted(names, reverse=True) and len(names) == 3
    assert [vm["name"] for vm in api.get("/api/telemetry/vms?name=web*")["vms"]] == ["web 01"]
    assert [vm["name"] for vm in api.get("/api/telemetry/vms?sort=name&limit=1")["vms"]] == [sorted(names)[0]]


@pytest.mark.parametrize("query,status", [("limit=0", 400), ("limit=x", 400), ("sort=colour", 400), ("color=red", 400), ("host=nobody", 404)])
def test_a_bad_filter_is_an_error_that_says_what_is_allowed(api, query, status):
    answer, body = api.request("GET", f"/api/telemetry/vms?{query}")
    assert (answer.status, list(json.loads(body))) == (status, ["detail"])


def test_the_status_has_the_old_keys_with_their_meaning(api):
    status = api.get("/api/telemetry/status")
    assert status["running"] is True and status["vms_monitored"] == 3 and status["total_errors"] == 0
    assert status["total_collections"] >= 2 and status["total_metrics_written"] >= 1
    assert status["started_at"] < status["last_collection_time"]
    assert status["config"]["libvirt_uri"] == status["config"]["influx_url"] == "***"
    assert status["config"]["poll_interval"] == 0.1


def test_the_status_says_how_hypervisors_and_database_are(api):
    status = api.get("/api/telemetry/status")
    assert [(host["up"], host["vms"], host["error"]) for host in status["hosts"]] == [(True, 3, None)]
    assert status["database"]["state"] == "ok"
    ledger = status["ledger"]
    assert ledger["lines_sampled"] + ledger["lines_recovered"] == sum(
        ledger[name] for name in ("lines_queued", "lines_spooled", "lines_in_flight", "lines_written", "lines_rejected", "lines_dropped",
                                  "lines_handed_over"))


def test_a_stop_pauses_collecting_and_a_start_resumes_it(api):
    assert api.post("/api/telemetry/stop")["status"] == "stopped"
    assert api.get("/api/telemetry/status")["running"] is False
    paused = lambda: [line for line in list(api.server.lines) if line.startswith("vmtelem_agent") and "paused=t" in line]
    wait_for(lambda: len(paused()) >= 2, 20, "lines of the process while it is paused")
    before = len(api.cycles())
    wait_for(lambda: len(paused()) >= 5, 20, "more of them")
    assert len(api.cycles()) <= before + 1
    assert api.get("/api/telemetry/vms") == {"count": 0, "vms": []}
    answer, body = api.request("GET", "/readyz")
    assert (answer.status, body) == (503, "collecting is paused\n")
    resumed = api.post("/api/telemetry/start")
    assert (resumed["status"], resumed["details"]["running"]) == ("started", True)
    api.wait_for_cycles()


def test_a_stop_of_what_is_stopped_and_a_start_of_what_runs_say_so(api):
    assert api.post("/api/telemetry/start")["status"] == "already_running"
    assert api.post("/api/telemetry/stop")["status"] == "stopped"
    assert api.post("/api/telemetry/stop")["status"] == "not_running"


def test_400_mixed_starts_and_stops_at_once_fit_a_serial_order(api):
    paths = [random.Random(1).choice(["start", "stop"]) for _ in range(400)]
    answers, lock = [], threading.Lock()

    def call(part):
        for path in part:
            status = api.post(f"/api/telemetry/{path}")["status"]
            with lock:
                answers.append(status)
    threads = [threading.Thread(target=call, args=(paths[i::20],)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    is_running = api.get("/api/telemetry/status")["running"]
    assert answers.count("stopped") - answers.count("started") == (0 if is_running else 1)
    assert len(answers) == 400
    api.post("/api/telemetry/start")
    api.wait_for_cycles(5)
    polls = [parse_line(line).fields["polls"] for line in api.cycles()]
    assert polls == list(range(1, len(polls) + 1))  # one collector


def test_after_a_restart_nothing_is_paused(start, tmp_path, server):
    first = Api(start, tmp_path, server)
    first.wait_for_cycles()
    first.post("/api/telemetry/stop")
    first.process.terminate()
    assert first.process.wait(20) == 0
    Api(start, tmp_path, server).wait_for_cycles()


def test_nobody_may_pause_it_without_the_token(api):
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer, body = api.request("POST", "/api/telemetry/stop", **headers)
        assert (answer.status, list(json.loads(body))) == (401, ["detail"])
    assert api.get("/api/telemetry/status")["running"] is True


@pytest.mark.parametrize("path,successor", [("monitored-vms", "/api/telemetry/vms"), ("diagnostic", "/api/telemetry/status"),
                                            ("vm-stats/7", "/api/telemetry/vms")])
def test_a_path_that_is_gone_names_its_successor(api, path, successor):
    answer, body = api.request("GET", f"/api/telemetry/{path}")
    assert answer.status == 404 and successor in json.loads(body)["detail"]


def test_the_probes_say_ok(api):
    for path in ("/healthz", "/-/healthy", "/readyz", "/-/ready"):
        answer, body = api.request("GET", path)
        assert (answer.status, body) == (200, "ok\n")


def test_the_root_links_to_what_there_is(api):
    answer, body = api.request("GET", "/")
    assert answer.status == 200 and 'href="/metrics"' in body and 'href="/api/telemetry/status"' in body


def test_metrics_have_the_vms_and_the_process(api):
    answer, body = api.request("GET", "/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'libvirt_domain_info_virtual_cpus{host="' in body and 'domain="web 01"' in body
    assert "\nvmtelem_paused 0\n" in body and "\nvmtelem_lines_sampled_total " in body


def test_with_several_hypervisors_the_metrics_of_each_are_apart(start, tmp_path, server):
    api = Api(start, tmp_path, server, LIBVIRT_URI=f"a={NODE} b={NODE}")
    api.wait_for_cycles(6)
    both, of_a = api.request("GET", "/metrics")[1], api.request("GET", "/metrics?host=a")[1]
    assert "libvirt_domain" not in both and 'vmtelem_hypervisor_up{host="b"} 1' in both
    assert 'host="a"' in of_a and 'host="b"' not in of_a and "vmtelem_" not in of_a
    assert api.request("GET", "/metrics?host=c")[0].status == 404
    targets = api.get("/sd")
    assert [target["labels"].get("__param_host") for target in targets] == [None, "a", "b"]
    assert {tuple(target["targets"]) for target in targets} == {(f"127.0.0.1:{api.port}",)}


def test_no_token_is_in_any_answer(api):
    for path in ("/", "/metrics", "/api/telemetry/status", "/api/telemetry/config", "/sd"):
        body = api.request("GET", path)[1]
        assert TOKEN not in body and LISTEN_TOKEN not in body
