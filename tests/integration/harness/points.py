"""Lines as a database keeps them: by series and stamp, so that a line that comes again changes nothing."""

import re

SERIES = re.compile(r"(?:[^ \\]|\\.)+")


def point_of(line):
    """What a database tells points apart by: series and stamp."""
    return f"{SERIES.match(line)[0]} {line.rpartition(' ')[2]}"


class Points:
    """{point: line}, and what no database tells: which points came again, and which of those with other fields."""

    def __init__(self, lines=()):
        self.lines, self.repeats, self.differing = {}, 0, []
        self.add(lines)

    def __len__(self):
        return len(self.lines)

    def add(self, lines):
        """The points that they are."""
        points = [point_of(line) for line in lines]
        for point, line in zip(points, lines):
            self._add(point, line)
        return points

    def _add(self, point, line):
        known = self.lines.setdefault(point, line)
        if known is line:
            return
        self.repeats += 1
        if known != line:
            self.differing.append((known, line))

    def lacking(self, others):
        """The points of `others` that are not here with the very same line."""
        return [point for point, line in others.lines.items() if self.lines.get(point) != line]
