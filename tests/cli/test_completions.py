"""Completions of bash, zsh and fish: what they offer is what the program takes."""

import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time

import pytest
from conftest import BINARY, NODE, ROOT, clean_environment

COMMANDS = ["run", "once", "list-vms", "show-config"]
CHOICES = {
    ("once", "--format"): ["influx", "json", "prometheus"],
    ("list-vms", "--format"): ["csv", "json", "name", "table"],
    ("show-config", "--format"): ["env", "json", "table"],
    ("run", "--influx-api"): ["v1", "v2", "v3"],
    ("run", "--influx-gzip"): ["off", "on"],
    ("list-vms", "--log-level"): ["debug", "error", "info", "trace", "warn"],
    ("list-vms", "--log-format"): ["auto", "json", "logfmt", "text"],
    ("list-vms", "--color"): ["always", "auto", "never"],
}


def need(shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")


def environment():
    """The binary under test is found as `vmtelem`."""
    return clean_environment(PATH=f"{BINARY.parent}:{os.environ['PATH']}", LC_ALL="C.UTF-8", LIBVIRT_URI=NODE)


def bash(line, breaks=None):
    """What bash would put in place of the last word, for a cursor at the end of the line."""
    script = f"""
        source {ROOT}/completions/vmtelem.bash
        {f"COMP_WORDBREAKS={breaks!r}" if breaks is not None else ":"}
        COMP_LINE=$1 COMP_POINT=${{#1}} COMP_WORDS=() COMP_CWORD=0 COMPREPLY=()
        _vmtelem vmtelem "" ""
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "--norc", "-uc", script, "bash", line], env=environment(), capture_output=True, text=True,
                          timeout=20)
    assert done.stderr == ""
    return sorted(word for word in done.stdout.splitlines() if word)


def fish(line):
    need("fish")
    script = f"source {ROOT}/completions/vmtelem.fish; complete --do-complete $argv[1]"
    with tempfile.TemporaryDirectory() as home:  # fish makes directories there
        done = subprocess.run(["fish", "--no-config", "-c", script, line], env={**environment(), "HOME": home},
                              capture_output=True, text=True, timeout=20)
    return sorted(word.split("\t")[0] for word in done.stdout.splitlines())


def flags_in_help(vmtelem, command):
    text = vmtelem(command, "--help").out
    return sorted(re.findall(r"^  (?:-\w, |    )(--[a-z-]+)", text, re.MULTILINE))


def test_bash_completion_needs_no_other_package():
    done = subprocess.run(["bash", "--norc", "-uec", f"source {ROOT}/completions/vmtelem.bash; complete -p vmtelem"],
                          env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("complete -F _vmtelem vmtelem\n", "")


def test_shellcheck_finds_nothing():
    need("shellcheck")
    done = subprocess.run(["shellcheck", "-s", "bash", ROOT / "completions" / "vmtelem.bash"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("shell, name", [("bash", "vmtelem.bash"), ("zsh", "_vmtelem"), ("fish", "vmtelem.fish")])
def test_the_syntax_is_right(shell, name):
    need(shell)
    done = subprocess.run([shell, "-n", ROOT / "completions" / name], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("complete", [bash, fish])
def test_commands_are_offered(complete):
    assert set(complete("vmtelem ")) >= set(COMMANDS)
    assert complete("vmtelem on") == ["once"]
    assert complete("vmtelem --connect test:///default li") == ["list-vms"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("complete", [bash, fish])
def test_the_flags_of_a_command_are_offered_and_no_others(vmtelem, complete, command):
    assert complete(f"vmtelem {command} --") == flags_in_help(vmtelem, command)


@pytest.mark.parametrize("command, flag", CHOICES, ids=str)
@pytest.mark.parametrize("complete", [bash, fish])
def test_the_values_of_a_choice_are_offered(complete, command, flag):
    assert complete(f"vmtelem {command} {flag} ") == CHOICES[command, flag]


@pytest.mark.parametrize("command, flag", CHOICES, ids=str)
def test_the_values_that_are_offered_are_those_that_are_taken(vmtelem, command, flag):
    done = vmtelem(command, flag, "none-of-them", LIBVIRT_URI=NODE)
    allowed, = (error for error in done.errors() if error.startswith(flag))
    assert flag == "--influx-gzip" or sorted(re.search(r"allowed ([^;]*)", allowed)[1].split(", ")) == CHOICES[command, flag]


@pytest.mark.parametrize("complete", [bash, fish])
def test_the_word_that_stands_for_a_number_is_offered(vmtelem, complete):
    assert complete("vmtelem run --lanes ") == ["adaptive"]
    assert vmtelem("once", "--stdout", "--lanes", "adaptive", LIBVIRT_URI=NODE).code == 0


def test_bash_completes_a_value_behind_an_equals_sign():
    assert bash("vmtelem once --format=pr") == ["prometheus"]


@pytest.mark.parametrize("flag", ["--vm", "--exclude-vm"])
def test_bash_offers_names_of_vms_quoted(flag):
    assert bash(f"vmtelem once {flag} ") == ["büro-vm", "db:main", "paused", "web\\ 01"]


def test_bash_completes_a_name_with_a_space():
    assert bash("vmtelem once --vm web\\ 0") == ["web\\ 01"]
    assert bash("vmtelem once --vm 'web 0") == ["web 01"]


def test_bash_completes_a_name_with_a_colon():
    assert bash("vmtelem once --vm db:m") == ["main"]  # readline replaces what follows the colon
    assert bash("vmtelem once --vm db:m", breaks=" ") == ["db:main"]


def test_bash_asks_the_hypervisor_that_was_typed():
    assert bash("vmtelem once -c test:///default --vm ") == ["test"]
    assert bash("vmtelem --connect=test:///default once --vm ") == ["test"]


def test_bash_offers_nothing_when_the_hypervisor_is_away():
    assert bash("vmtelem once -c qemu+unix:///system?socket=/nonexistent --vm ") == []


def test_bash_offers_files(tmp_path):
    (tmp_path / "one file").touch()
    assert bash(f"vmtelem run --env-file {tmp_path}/o") == [f"{tmp_path}/one file"]


def test_fish_offers_names_of_vms():
    assert fish("vmtelem once --vm ") == ["büro-vm", "db:main", "paused", "web 01"]
    assert fish("vmtelem once -c test:///default --vm ") == ["test"]


ZSH_SETUP = r"""
autoload -Uz compinit; compinit -u -D -d {cache}
zstyle ':completion:*' list-grouped false
zstyle ':completion:*' insert-tab false
zstyle ':completion:*:default' list-prompt ''
zstyle ':completion:*' verbose no
LISTMAX=10000; PS1='READY> '; unsetopt beep
bindkey '^I' list-choices
stty cols 60 rows 500
"""


def zsh(line, tmp_path):
    """The words that zsh lists at the end of the line, in a terminal of its own: there is no other way to ask it."""
    need("zsh")
    (tmp_path / ".zshrc").write_text(f"fpath=({ROOT}/completions $fpath)\n" + ZSH_SETUP.replace("{cache}", str(tmp_path / "dump")))
    primary, terminal = pty.openpty()
    process = subprocess.Popen(["zsh", "-i", "-o", "no_global_rcs"], stdin=terminal, stdout=terminal, stderr=terminal,
                               env={**environment(), "ZDOTDIR": str(tmp_path), "TERM": "dumb"}, start_new_session=True)
    os.close(terminal)
    try:
        read_until(primary, "READY> ")
        os.write(primary, line.encode() + b"\t")
        text = read_until(primary, None)
    finally:
        process.kill()
        process.wait()
        os.close(primary)
    return text


def read_until(descriptor, mark, timeout_s=15, quiet_s=0.7):
    """What the terminal shows until the mark comes, or, without a mark, until it has come to rest."""
    text, deadline = "", time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        ready, _, _ = select.select([descriptor], [], [], quiet_s)
        if not ready and mark is None and text.count("\n") > 1:
            break
        if ready:
            text += os.read(descriptor, 65536).decode(errors="replace")
        if mark and mark in text:
            break
    return text


def test_zsh_offers_the_flags_of_a_command(vmtelem, tmp_path):
    shown = zsh("vmtelem list-vms --", tmp_path)
    assert set(re.findall(r"--[a-z][a-z-]*", shown)) >= set(flags_in_help(vmtelem, "list-vms"))
    assert "--window" not in shown


def test_zsh_offers_names_of_vms(tmp_path):
    shown = zsh(f"vmtelem once -c {NODE} --vm ", tmp_path)
    assert all(name in shown for name in ("web", "db", "paused"))


def test_zsh_asks_a_hypervisor_that_is_typed_with_another(tmp_path):
    shown = zsh(f"vmtelem once -c {NODE} -c test:///default --vm ", tmp_path)
    assert all(name in shown for name in ("web", "db", "paused"))


@pytest.mark.parametrize("name", ["_vmtelem"])
def test_zsh_completion_knows_every_flag(vmtelem, name):
    text = (ROOT / "completions" / name).read_text()
    known = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*)", text)) - {"--"}
    assert known == {flag for command in COMMANDS for flag in flags_in_help(vmtelem, command)}
