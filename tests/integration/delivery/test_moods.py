"""A database that changes its mood every few seconds, among all that databases and proxies say and being well: in the end every
line is stored, or a dead letter with a reason that was true of it, and whenever the database is well, live lines arrive in time."""

import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from harness import books, figures, spool_files
from harness.delivery import parse_line
from harness.moody_influx import OLD_S, WELL, MoodyInflux, moods_of
from harness.refusals import INTERVAL_S, PAUSE_S, VMS, comes_true, program_in, start
from harness.troubles import deck
from harness.wait import wait_for
from harness.witness import stamp_s

SEED = 12
LASTS_S, LASTS_FULL_S = 60, 600
APIS = ["v1", "v2", "v3"]
TIMEOUT_S, PAUSE_AFTER_SILENCE_S = 1, 2
IN_TIME_S = 2 * (max(PAUSE_S, PAUSE_AFTER_SILENCE_S) + TIMEOUT_S)
WELL_S, MOODS_BETWEEN, MOOD_S = IN_TIME_S + 1, 6, (0.6, 2.4)
LINES_OF_A_CYCLE = 4 * len(VMS) + 2
assert OLD_S > IN_TIME_S, "else live lines that are in time could be refused as old"


def live_through(stories, lasts_s):
    """Some moods, then being well for long enough to see live lines arrive, and so on. Each server has a seed of its own."""
    dealers = [deck(moods_of(story.api), SEED + number) for number, story in enumerate(stories)]
    pauses, end_s = deck([MOOD_S[0], sum(MOOD_S) / 2, MOOD_S[1]], SEED), time.monotonic() + lasts_s
    while time.monotonic() < end_s:
        for _ in range(MOODS_BETWEEN):
            for story, deal in zip(stories, dealers):
                story.server.enter(deal())
            spend(pauses())
        for story in stories:
            story.server.enter(WELL)
        spend(WELL_S)


def spend(seconds):
    """A mood lasts; there is nothing to wait for."""
    end_s = time.monotonic() + seconds
    comes_true(lambda: time.monotonic() >= end_s, seconds)


def begin(stack, binary, tmp_path_factory, api):
    server = stack.enter_context(MoodyInflux())
    program = stack.enter_context(program_in(binary, tmp_path_factory.mktemp(f"moods-{api}")))
    story = start(program, server, api, INFLUX_TIMEOUT=f"{TIMEOUT_S}s", BACKLOG_RATE="100x", DRAIN_TIMEOUT="30s")
    story.api = api
    wait_for(lambda: server.lines, 30, "a first cycle to be stored")
    return story


def finish(story):
    well_ns = time.time_ns()
    comes_true(lambda: not spool_files.older_batches(story.spool, well_ns), 120)
    story.end()
    story.letter_reasons = letters_with_reasons(story.spool)
    repeats = len(story.server.lines) - len(set(story.server.lines))
    figures.record("moods", api=story.api, moods=len(story.server.history), requests=story.server.count,
                   letters=len(story.letters), stored_again=repeats, **story.account)
    return story


def letters_with_reasons(spool):
    """[(line, reason)] of all dead letters."""
    found, reason = [], ""
    for path in sorted(spool.glob("*/rejected/*")):
        for line in path.read_text().splitlines():
            if line.startswith("#"):
                reason = line
            else:
                found.append((line, reason))
    return found


@pytest.fixture(scope="module")
def stories(binary, tmp_path_factory, full):
    """A `run` for each API, all at once, since it is waiting that takes the time."""
    print(f"seed {SEED}")
    with ExitStack() as stack:
        stories = [begin(stack, binary, tmp_path_factory, api) for api in APIS]
        live_through(stories, LASTS_FULL_S if full else LASTS_S)
        yield {story.api: finish(story) for story in stories}


@pytest.fixture(params=APIS)
def story(request, stories):
    return stories[request.param]


def moods_of_time(server, begin_s, end_s):
    ends = [since_s for since_s, _ in server.history[1:]] + [time.time()]
    return [mood for (since_s, mood), until_s in zip(server.history, ends) if since_s < end_s and until_s > begin_s]


def late_lines(story):
    """[(how late, line)] of the lines sampled while the database stored all but bad ones, early enough to see them arrive in time,
    and how many were looked at. What was refused in that time, or before it was stored, is not looked at."""
    late, judged, refused = [], 0, set(story.letters)
    for begin_s, end_s in story.server.well_periods():
        moods = moods_of_time(story.server, begin_s, end_s)
        lines = [line for line in story.server.seen() if begin_s <= stamp_s(line) <= end_s - IN_TIME_S and line not in refused
                 and not any(mood.is_bad(line, stamp_s(line)) for mood in moods)]
        judged += len(lines)
        lateness = [(story.server.arrived.get(line, end_s + IN_TIME_S) - stamp_s(line), line) for line in lines]
        late += [pair for pair in lateness if pair[0] > IN_TIME_S]
    return SimpleNamespace(late=sorted(late, reverse=True), judged=judged)


def test_every_line_is_stored_or_a_dead_letter(story):
    assert story.server.seen() - set(story.server.lines) - set(story.letters) == set()


def test_every_dead_letter_has_a_reason_that_was_true_of_it(story):
    untrue = [(line, reason) for line, reason in story.letter_reasons if not story.server.was_true(line, reason, IN_TIME_S)]
    assert untrue == []


def test_there_are_dead_letters(story):
    """Else nothing could be said of them."""
    assert story.letters != []


def test_no_line_is_a_dead_letter_twice(story):
    assert len(story.letters) == len(set(story.letters))


def test_the_account_is_exact_to_the_line(story):
    account = story.account
    assert (account["sampled"], account["rejected"]) == (len(story.server.seen()), len(story.letters))
    assert account["sampled"] == account["written"] + account["rejected"]


def test_nothing_is_left_or_dropped(story):
    assert (story.account["left"], story.account["dropped"], spool_files.batches(story.spool)) == (0, 0, [])


def test_the_books_add_up_in_every_line_of_the_agent(story):
    assert books.do_not_add_up(parse_line(line) for line in set(story.server.lines)) == []


def test_live_lines_arrive_in_time_whenever_the_database_is_well(story):
    found = late_lines(story)
    assert found.late == [] and found.judged > LINES_OF_A_CYCLE, found.judged


def test_sampling_goes_on_all_the_time(story):
    """A busy machine may cost it a tick now and then."""
    seconds = story.until_s - story.server.history[0][0]
    assert story.account["sampled"] >= 0.5 * LINES_OF_A_CYCLE * seconds / INTERVAL_S


def test_the_exit_code_says_whether_a_line_was_refused(story):
    assert story.code == (1 if story.letters else 0)
