"""Wrong usage of the command line: exit code 64, one line for each fault, what was probably meant, and a hint."""

import pytest
from conftest import NODE

WRONG = {
    "unknown command": (["lst-vms"], ["unknown command 'lst-vms'; did you mean 'list-vms'?"]),
    "unknown command far from all": (["frobnicate"], ["unknown command 'frobnicate'"]),
    "abbreviated command": (["lis"], ["unknown command 'lis'"]),
    "unknown flag": (["once", "--bogus"], ["unknown option '--bogus'"]),
    "mistyped flag": (["once", "--stdot"], ["unknown option '--stdot'; did you mean '--stdout'?"]),
    "mistyped flag with a value": (["run", "--intervall=5"], ["unknown option '--intervall'; did you mean '--interval'?"]),
    "abbreviated flag": (["once", "--std"], ["unknown option '--std'"]),
    "unknown short flag": (["once", "-x"], ["unknown option '-x'"]),
    "two unknown flags": (["once", "--bogus", "--wrong"], ["unknown option '--bogus'", "unknown option '--wrong'"]),
    "flag of another command": (["list-vms", "--window", "1s"], ["'--window' is not an option of 'list-vms'"]),
    "setting of another command": (["once", "--interval", "1"], ["'--interval' is not an option of 'once'"]),
    "stray argument": (["once", "stray"], ["unexpected argument 'stray'"]),
    "stray argument after --": (["once", "--", "--stdout"], ["unexpected argument '--stdout'"]),
    "stray argument after a repeatable option": (["list-vms", "--vm", "a", "stray"], ["unexpected argument 'stray'"]),
    "second command": (["once", "run"], ["unexpected argument 'run'"]),
    "missing value at the end": (["once", "--timeout"], ["'--timeout' needs a value"]),
    "missing value of a short flag": (["once", "-c"], ["'-c' needs a value"]),
    "empty value": (["once", "--vm="], ["'--vm' needs a value"]),
    "value for a switch": (["once", "--stdout=yes"], ["'--stdout' takes no value"]),
    "value for a switch that is a setting": (["once", "--per-vcpu=no"], ["'--per-vcpu' takes no value"]),
    "verbose and quiet": (["once", "-vq"], ["'--verbose' and '--quiet' exclude each other"]),
    "the token as a flag": (["once", "--influx-token", "x"], ["unknown option '--influx-token'"]),
}


@pytest.mark.parametrize("arguments, errors", WRONG.values(), ids=WRONG)
def test_wrong_usage_is_reported_and_exits_with_64(vmtelem, arguments, errors):
    done = vmtelem(*arguments)
    assert (done.code, done.out) == (64, "")
    assert errors is None or done.errors() == errors
    assert len(done.err.splitlines()) <= 4


@pytest.mark.parametrize("arguments, hint", [
    (["lst-vms"], "run 'vmtelem --help' for the commands"),
    (["once", "--bogus"], "run 'vmtelem once --help' for its options"),
    (["list-vms", "--format", "jsn", "-c", NODE], "run 'vmtelem list-vms --help' for its options"),
])
def test_wrong_usage_ends_with_a_hint_where_to_look(vmtelem, arguments, hint):
    assert vmtelem(*arguments).err.splitlines()[-1] == f"hint: {hint}"


BAD_VALUES = {
    "enum of a command": (["list-vms", "--format", "jsn"],
                          "--format: 'jsn' is unknown; allowed table, json, csv, name; did you mean 'json'?"),
    "enum of a setting": (["list-vms", "--log-level", "loud"],
                          "--log-level: 'loud' is unknown; allowed trace, debug, info, warn, error"),
    "duration": (["once", "--stdout", "--window", "0"], "--window: '0' is out of range; allowed 0.1s to 1h"),
    "duration that no clock could count": (["once", "--stdout", "--window", "999999999999999999999h"],
                                           "--window: '999999999999999999999h' is out of range; allowed 0.1s to 1h"),
    "not a duration": (["once", "--stdout", "--window", "soon"],
                       "--window: 'soon' is not understood; allowed 0.1s to 1h"),
    "unknown group": (["once", "--stdout", "--groups", "state,perf"], "--groups: 'state,perf' names the unknown group 'perf'"),
    "not a URI": (["list-vms", "-c", "nonsense"], "--connect: 'nonsense' is not a URI such as qemu:///system"),
    "two hypervisors of one name": (["list-vms", "-c", "a=test:///default", "-c", f"a={NODE}"],
                                    "two hypervisors have the name 'a': --connect number 1 and --connect number 2"),
    "a blank in a URI": (["list-vms", "-c", "test:///my node.xml"], "--connect: 'node.xml' is not a URI such as qemu:///system"),
    "a shard that is not there": (["list-vms", "--shard", "3/2"],
                                  "--shard: '3/2' is out of range; allowed I/N with 1 <= I <= N <= 1000"),
    "json into the database": (["once", "--format", "json"], None),
}


@pytest.mark.parametrize("arguments, error", BAD_VALUES.values(), ids=BAD_VALUES)
def test_a_bad_value_of_a_flag_is_wrong_usage(vmtelem, arguments, error):
    environment = {"INFLUX_URL": "http://127.0.0.1:9", "INFLUX_DB": "d", "INFLUX_TOKEN": "t"}
    if "-c" not in arguments:
        environment["LIBVIRT_URI"] = NODE
    done = vmtelem(*arguments, **environment)
    assert (done.code, done.out, len(done.errors())) == (64, "", 1)
    assert error is None or done.errors() == [error]


def test_an_abbreviated_flag_is_not_guessed(vmtelem):
    assert vmtelem("list-vms", "--conn", NODE).code == 64


def test_common_options_work_before_and_after_the_command(vmtelem):
    before = vmtelem("--connect", NODE, "list-vms", "--format", "name")
    after = vmtelem("list-vms", "--format=name", f"--connect={NODE}")
    assert before == after
    assert before.out.splitlines() == ["db:main", "paused", "web 01"]


def test_a_repeatable_option_does_not_swallow_the_command(vmtelem):
    done = vmtelem("-c", NODE, "--vm", "web 01", "list-vms", "--format", "name")
    assert (done.code, done.out) == (0, "web 01\n")


@pytest.mark.parametrize("arguments", [["list-vms", "--vm", ""], ["once", "-o", ""], ["run", "--groups", ""], ["once", "-c", ""]],
                         ids=str)
def test_an_empty_value_of_a_flag_is_wrong_usage_and_never_everything(vmtelem, arguments):
    done = vmtelem(*arguments, LIBVIRT_URI="test:///default")
    assert done.code == 64 and done.out == ""
    assert any("needs a value" in error for error in done.errors())
