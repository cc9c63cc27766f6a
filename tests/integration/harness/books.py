"""The program's own account of its lines: what came in equals what went out and what waits."""

import re

from harness.line_protocol import select

STATUS = re.compile(r"(?P<sampled>\d+) lines? sampled, (?P<recovered>\d+) recovered, (?P<written>\d+) written, "
                    r"(?P<memory>\d+) waiting in memory, (?P<spool>\d+) in the spool \([^)]*\), (?P<rejected>\d+) rejected, "
                    r"(?P<dropped>\d+) dropped")
CAME_IN = ("lines_sampled", "lines_recovered")
IS_THERE = ("lines_queued", "lines_spooled", "lines_in_flight", "lines_written", "lines_rejected", "lines_dropped",
            "lines_handed_over")


def do_not_add_up(lines):
    """The `vmtelem_agent` lines in which the sum is wrong."""
    agents = [line.fields for line in select(lines, "vmtelem_agent")]
    return [agent for agent in agents if total(agent, CAME_IN) != total(agent, IS_THERE)]


def total(agent, names):
    return sum(agent[name] for name in names)


def at_the_end(running):
    """{word: number} of the program's last account: "12 lines sampled, 10 written"."""
    told = [line for line in running.log() if "stopped: " in line]
    assert len(told) == 1, running.err()[-4000:]
    return {word: int(number) for number, word in re.findall(r"(\d+) (?:lines? )?([a-z]+)", told[0].partition("stopped: ")[2])}


def status_lines(running):
    """What SIGUSR1 made it tell: [{word: number}]."""
    return [{word: int(number) for word, number in found.groupdict().items()} for found in STATUS.finditer(running.err())]


def adds_up(status):
    return status["sampled"] + status["recovered"] == sum(status.values()) - status["sampled"] - status["recovered"]
