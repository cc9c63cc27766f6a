"""Sockets at which no daemon answers: what is left of a host that hangs, has crashed or was never there."""

import socket
import threading


class DeafSockets:
    """The URIs of three hosts in `directory`: one accepts and never says a word, one refuses, one does not exist."""

    def __init__(self, directory):
        self.mute, self.refusing, self.absent = (uri_of(directory / name) for name in ("mute", "refusing", "absent"))
        self._accepted = []
        self._mute = listening(directory / "mute")
        listening(directory / "refusing").close()  # its file stays
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        try:
            while True:
                self._accepted.append(self._mute.accept())
        except OSError:
            pass  # closed

    def close(self):
        self._mute.shutdown(socket.SHUT_RDWR)
        self._mute.close()
        for connection, _ in self._accepted:
            connection.close()


def listening(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    return listener


def uri_of(path):
    return f"qemu+unix:///system?socket={path}"
