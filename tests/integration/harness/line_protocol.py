"""Reads line protocol strictly, by its grammar and not by our encoder's habits: what this refuses, a database refuses too."""

import re
from dataclasses import dataclass

from harness import beside

TOKEN = r"(?:[^,= \\\n\t]|\\[,= ])+"
NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
VALUE = rf'(?:-?\d+i|{NUMBER}|[tf]|true|false|"(?:[^"\\\n]|\\.)*")'
LINE = re.compile(rf"(?P<name>(?:[^, \\\n\t]|\\[, ])+)(?P<tags>(?:,{TOKEN}={TOKEN})*) "
                  rf"(?P<fields>{TOKEN}={VALUE}(?:,{TOKEN}={VALUE})*) (?P<time>-?\d+)")
PAIR = re.compile(rf"(?P<key>{TOKEN})=(?P<value>{VALUE}(?=,|$)|{TOKEN})")


@dataclass(frozen=True)
class Line:
    """One point. Integers are int, floats are float, flags are bool: a field's type is part of the contract."""

    measurement: str
    tags: dict
    fields: dict
    time_ns: int

    @property
    def series(self):
        return (self.measurement, *self.tags.items())


def parse(text):
    """All lines of a text; a blank or malformed line is an error. Cut at \\n only: a VM's name may hold U+2028."""
    return [parse_line(line) for line in text.removesuffix("\n").split("\n")] if text else []


def printed(text):
    """All lines of what vmtelem printed. It promises more than the grammar: complete lines, tags, a stamp in nanoseconds."""
    assert text == "" or text.endswith("\n")
    lines = parse(text)
    assert [line for line in lines if not (line.tags and re.fullmatch(r"\d{19}", str(line.time_ns)))] == []
    return lines


def parse_line(text):
    match = LINE.fullmatch(text)
    if not match:
        raise AssertionError(f"not line protocol: {text!r}")
    tags = {unescape(pair["key"]): unescape(pair["value"]) for pair in PAIR.finditer(match["tags"])}
    fields = {unescape(pair["key"]): field_value(pair["value"]) for pair in PAIR.finditer(match["fields"])}
    return Line(unescape(match["name"]), tags, fields, int(match["time"]))


def unescape(token):
    return re.sub(r"\\([,= ])", r"\1", token)


def field_value(text):
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if text in ("t", "f", "true", "false"):
        return text[0] == "t"
    return int(text[:-1]) if text.endswith("i") else float(text)


def select(lines, measurement, **tags):
    """The lines of one measurement whose tags have the given values."""
    wanted = tags.items()
    return [line for line in lines if line.measurement == measurement and wanted <= line.tags.items()
            and line.tags.get("host") != beside.HOST]


def by_vm(lines, measurement):
    """{vm: its only line of that measurement}; two lines for one VM are an error."""
    chosen = [line for line in lines if line.measurement == measurement]
    found = {line.tags["vm"]: line for line in chosen}
    assert len(found) == len(chosen), f"several {measurement} lines for one VM"
    return found
