import time


def wait_for(condition, what, timeout_s=20):
    """Returns what the condition gives once that is true."""
    deadline = time.monotonic() + timeout_s
    while not (result := condition()):
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {what}"
        time.sleep(0.01)
    return result
