"""`rejected/` is bounded: what is refused later displaces what was refused earlier, and how much of it is told."""

import pytest
from harness import figures
from harness.line_protocol import parse_line
from harness.made_spool import FIRST_NS, SECOND_NS
from harness.refusals import comes_true, program_in, start
from harness.witness import Witness
from influx_refusals import naming

LINES, LINE_BYTES, LINES_OF_A_BATCH = 400, 60_000, 50  # 24 MB
BOUND_BYTES = 17 << 20  # 16 MiB, and the line that does not fit any more


def is_large(line):
    return line.startswith("large,")


def large_lines():
    text = "x" * LINE_BYTES
    lines = [f'large,host=earlier value="{text}" {FIRST_NS + number * SECOND_NS}' for number in range(LINES)]
    return [lines[begin:begin + LINES_OF_A_BATCH] for begin in range(0, LINES, LINES_OF_A_BATCH)]


def agents(story):
    return [parse_line(line).fields for line in list(story.server.lines) if line.startswith("vmtelem_agent,")]


def displaced(story):
    """As the lines of the agent tell it, in order."""
    return [fields.get("rejected_displaced_lines", 0) for fields in agents(story)]


@pytest.fixture(scope="module")
def story(binary, tmp_path_factory):
    """A `run` that rejected more than there is room for."""
    with Witness() as server, program_in(binary, tmp_path_factory.mktemp("bound")) as program:
        server.default = naming(is_large, 400, "too large a field")
        story = start(program, server, "v3", large_lines(), DRAIN_TIMEOUT="20s")
        comes_true(lambda: any(fields["lines_rejected"] == LINES for fields in agents(story)), 60)
        comes_true(lambda: max(displaced(story)) > 0, 5)
        story.end()
        figures.record("rejected/ is full", rejected=story.account["rejected"], kept=len(story.letters))
        yield story


def test_the_folder_is_bounded(story):
    assert sum(path.stat().st_size for path in story.spool.glob("*/rejected/*")) <= BOUND_BYTES


def test_only_some_of_the_refused_lines_are_kept(story):
    assert 0 < len(story.letters) < LINES


def test_every_refused_line_is_counted_whether_it_is_kept_or_not(story):
    assert story.account["rejected"] == LINES


def test_the_lines_of_the_agent_say_how_many_were_displaced(story):
    assert displaced(story)[-1] == LINES - len(story.letters) > 0


def test_the_log_says_that_lines_were_displaced(story):
    assert [line for line in story.running.log() if "displaced" in line], story.running.err()
