"""A `run` whose database is down and whose disk gets into trouble, and what must be true of it when both are well again."""

from harness import books, spool_files
from harness.delivery import delivered, upload
from harness.embedded_host import embedded_host
from harness.line_protocol import select
from harness.wait import wait_for
from influx_server import ok, status

INTERVAL_S = 0.1
DOWN = status(503, "busy", "text/plain")
TROUBLE, RECOVERY = "cannot write to the spool", "takes batches again"  # as the program tells it


def settings_of(server, directory, spool, **others):
    """Many cycles and small batches in a short time."""
    host = embedded_host(directory, ["one", "two"])
    settings = upload(server, LIBVIRT_URI=host, POLL_INTERVAL=f"{INTERVAL_S}s", BATCH_MAX_SEC="0.2s", SPOOL_DIR=spool)
    return {**settings, "RETRY_MAX": "0.5s", **others}


def newest_on_disk(spool):
    """Stamp of the newest line of any batch there."""
    return max((int(path.name.split("-")[1]) for path in spool_files.batches(spool)), default=0)


def drain(running, server, spool):
    """Bring the database back, and stop when nothing waits any more. (lines, exit code)."""
    server.default = ok
    wait_for(lambda: server.lines and not spool_files.batches(spool), 60, "the spool to be drained")
    code = running.stop()
    return delivered(server), code


def points_missing(running, lines):
    """How many of the lines that the program says it sampled did not arrive."""
    return books.at_the_end(running)["sampled"] - len({(line.series, line.time_ns) for line in lines})


def longest_pause_s(lines):
    """Between two samples."""
    stamps = sorted({line.time_ns for line in select(lines, "vmtelem")})
    return max(after - before for before, after in zip(stamps, stamps[1:])) / 1e9
