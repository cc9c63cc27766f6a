"""How the harness starts a program is part of what the tests say of it."""

from harness.vmtelem import Vmtelem


def test_a_program_is_started_with_no_signal_ignored_or_blocked(tmp_path):
    finished = Vmtelem("cat", tmp_path)("/proc/self/status")
    masks = {name: int(value, 16) for name, _, value in (line.partition(":") for line in finished.out.splitlines())
             if name in ("SigIgn", "SigBlk")}
    assert masks == {"SigIgn": 0, "SigBlk": 0}
