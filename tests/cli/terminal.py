"""A terminal to run in."""

import os
import pty
import signal
import subprocess

from conftest import BINARY, clean_environment


def on_terminal(*arguments, stop_at=None, **variables):
    """What it writes to a terminal, stdout and stderr together. `stop_at` is bytes at which it is told to stop."""
    primary, terminal = pty.openpty()
    process = subprocess.Popen([BINARY, *arguments], env=clean_environment(**{"TERM": "xterm", **variables}),
                               stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal)
    os.close(terminal)
    text = b""
    while True:
        try:
            block = os.read(primary, 4096)
        except OSError:  # the last descriptor of the other side is closed
            block = b""
        if not block:
            break
        text += block
        if stop_at is not None and stop_at in text:
            process.send_signal(signal.SIGTERM)
            stop_at = None
    os.close(primary)
    process.wait(20)
    return text.decode()
