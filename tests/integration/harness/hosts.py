"""Several hosts in one process: the file that names them, and what one of them gave."""

import signal

from harness.wait import wait_for

READ_AGAIN = "the hypervisors were read again"


class ConnectFile:
    """The file of a `run` that takes its hosts from nowhere else."""

    def __init__(self, path, uris):
        self._path = path
        self.settings = {"LIBVIRT_URI": "", "CONNECT_FILE": path}
        self.write(uris)

    def write(self, uris):
        """`uris` is {name: URI}."""
        self._path.write_text("".join(f"{name}={uri}\n" for name, uri in uris.items()))

    def reload(self, running, uris):
        """From now on these are the hosts of that run."""
        before = running.err().count(READ_AGAIN)
        self.write(uris)
        running.process.send_signal(signal.SIGHUP)
        wait_for(lambda: running.err().count(READ_AGAIN) > before, 20, f"'{READ_AGAIN}' in the log")


def of_host(lines, host):
    return [line for line in lines if line.tags.get("host") == host]
