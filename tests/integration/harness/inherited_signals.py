"""What a parent had this process ignore (`nohup` does so with SIGHUP, a shell without job control with SIGINT) is not handed on to
the programs under test, which would then ignore it as well: whoever runs the suite must not change what they do."""

import signal

# These Python itself ignores, and gives them back to each process that it starts.
PYTHONS_OWN = {signal.SIGPIPE, signal.SIGXFSZ}


def keep_to_this_process():
    """What is ignored is ignored as before, by a handler that does nothing: a program that is started has no handlers, so it
    begins with the default. Signals that are blocked would be inherited too, and are let through."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in signal.valid_signals() - PYTHONS_OWN:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
