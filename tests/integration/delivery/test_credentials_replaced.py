"""Token or CA are wrong while many lines wait, until somebody replaces the file: no restart, no loss, and no secret told."""

import os
from types import SimpleNamespace

import pytest
from harness import books, figures, spool_files
from harness.delivery import assert_complete, delivered, upload
from harness.embedded_host import embedded_host
from harness.points import Points
from harness.vmtelem import Vmtelem
from harness.wait import wait_for
from influx_server import FakeInflux, close_before_body, make_certificate

VMS = [f"vm{number}" for number in range(20)]
MANY_LINES = 1000
REFUSALS = 4
TOKENS = ("the-first-token", "the-second-token", "the-third-token")


class Door(FakeInflux):
    """Counts who knocks, let in or not."""

    knocks = 0

    def wrap(self, connection):
        self.knocks += 1
        return super().wrap(connection)


def begin(program, server, **settings):
    """A run with a spool of its own, at a pace that soon makes many lines wait."""
    given = upload(server, LIBVIRT_URI=embedded_host(program.directory, VMS), POLL_INTERVAL="0.1s", BATCH_MAX_SEC="0.2s",
                   RETRY_MAX="0.3s", BACKLOG_RATE="100x", SPOOL_DIR=program.directory / "spool", **settings)
    if "INFLUX_TOKEN_FILE" in settings:
        del given["INFLUX_TOKEN"]
    return program.start("run", **given)


def replace(path, text):
    """At once, as whoever renews a secret should do it."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.chmod(0o600)
    os.replace(fresh, path)


def wait_for_many_lines(program):
    def waiting():
        return sum(map(spool_files.lines_named, spool_files.batches(program.directory / "spool")))

    wait_for(lambda: waiting() >= MANY_LINES, 60, f"{MANY_LINES} lines to wait in the spool")
    return waiting()


def wait_for_delivery(program):
    spool = program.directory / "spool"
    waiting = spool_files.batches(spool)
    wait_for(lambda: not set(waiting) & set(spool_files.batches(spool)), 60, "all that waited to be delivered")


def end(row, running, server, waited):
    """The results that all cases are judged by."""
    code, points = running.stop(), Points(server.lines)
    figures.record(row, points=len(points), waited=waited, refused=refusals(server), sent_again=points.repeats)
    return SimpleNamespace(code=code, account=books.at_the_end(running), lines=delivered(server), points=points,
                           log=running.err())


def rotate_the_token(program, scratch):
    """Twice: the first new token is withdrawn before all that waited is delivered."""
    token_file = scratch / "token"
    replace(token_file, TOKENS[0] + "\n")
    with Door(token=TOKENS[0]) as server:
        running = begin(program, server, INFLUX_TOKEN_FILE=token_file)
        wait_for(lambda: server.lines, 30, "lines to be accepted")
        server.token = TOKENS[1]
        wait_for_refusals(server)
        token_file.unlink()  # as by a tool that removes the old one first
        wait_for_refusals(server)
        waited = wait_for_many_lines(program)
        replace(token_file, TOKENS[1] + "\n")
        accepted = len(server.lines)
        wait_for(lambda: len(server.lines) > accepted, 30, "lines to be accepted again")
        server.token = TOKENS[2]
        wait_for_refusals(server)
        replace(token_file, TOKENS[2] + "\n")
        wait_for_delivery(program)
        return end("token rotated in a storm of 401", running, server, waited)


def wait_for_refusals(server):
    before = refusals(server)
    wait_for(lambda: refusals(server) >= before + REFUSALS, 30, "refusals")


def refusals(server):
    return sum(request.status == 401 for request in server.requests)


def replace_the_ca(program, scratch):
    """The server gets a certificate of another CA while it is in use; the file is first replaced by something broken."""
    old, new = (make_certificate(scratch, name) for name in ("old", "new"))
    ca_file = scratch / "ca.pem"
    replace(ca_file, old[0].read_text())
    with Door(token=TOKENS[0], certificate=old) as server:
        running = begin(program, server, INFLUX_CA_FILE=ca_file)
        wait_for(lambda: server.lines, 30, "lines to be accepted")
        server.use_certificate(new)
        server.script = [close_before_body] * 2  # of both connections that are kept: a handshake is of a new one only
        wait_for_knocks(server)
        replace(ca_file, "-----BEGIN CERTIFICATE-----\n")
        wait_for_knocks(server)
        waited = wait_for_many_lines(program)
        replace(ca_file, new[0].read_text())
        wait_for_delivery(program)
        return end("CA replaced during a TLS failure", running, server, waited)


def wait_for_knocks(server):
    before = server.knocks
    wait_for(lambda: server.knocks >= before + REFUSALS, 30, "attempts to connect")


@pytest.fixture(scope="module", params=[rotate_the_token, replace_the_ca], ids=["token", "ca"])
def replaced(request, binary, tmp_path_factory):
    scratch, own = tmp_path_factory.mktemp("credentials"), tmp_path_factory.mktemp("program")
    program = Vmtelem(binary, own)
    try:
        yield request.param(program, scratch)
    finally:
        program.close()


def test_every_cycle_arrives(replaced):
    assert_complete(replaced.lines)


def test_every_line_that_was_sampled_is_stored(replaced):
    assert replaced.account["sampled"] == len(replaced.points)


def test_nothing_is_counted_as_lost(replaced):
    account = replaced.account
    assert (account["written"], account["rejected"], account["dropped"]) == (account["sampled"], 0, 0)


def test_a_line_that_comes_again_is_the_same_line(replaced):
    assert replaced.points.differing == []


def test_the_program_ends_as_if_nothing_had_happened(replaced):
    assert replaced.code == 0


def test_no_token_is_logged(replaced):
    assert [token for token in TOKENS if token in replaced.log] == []
