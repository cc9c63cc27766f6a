"""A strict reader of the line protocol that vmtelem promises: every line has tags, fields and a stamp in nanoseconds."""

import re
from dataclasses import dataclass

KEY = r"(?:[^\\,= \n]|\\[,= ])+"
FIELD = rf"{KEY}=(?:-?\d+i|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|t|f|true|false|\"(?:[^\"\\]|\\.)*\")"
LINE = re.compile(rf"(?P<measurement>\w+)(?P<tags>(?:,{KEY}={KEY})+) (?P<fields>{FIELD}(?:,{FIELD})*) (?P<time>\d{{19}})")
PAIR = re.compile(rf"({KEY})=({KEY})")


@dataclass(frozen=True)
class Line:
    measurement: str
    tags: dict
    fields: dict
    time_ns: int


def unescape(text):
    return re.sub(r"\\([,= ])", r"\1", text)


def parse_line(line):
    match = LINE.fullmatch(line)
    assert match, f"not line protocol: {line}"
    tags = {unescape(key): unescape(value) for key, value in PAIR.findall(match["tags"])}
    fields = dict(field.split("=", 1) for field in match["fields"].split(","))
    return Line(match["measurement"], tags, fields, int(match["time"]))


def parse(text):
    assert text == "" or text.endswith("\n")
    return [parse_line(line) for line in text.splitlines()]
