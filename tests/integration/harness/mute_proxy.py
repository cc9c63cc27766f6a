"""A daemon's socket behind a proxy that can go mute. Run as `mute_proxy.py LISTEN TARGET`, two paths of Unix sockets.

At SIGUSR1 nothing more is passed on over the connections that are open, in either direction, and none of them is closed: so
looks a firewall or a balancer that has forgotten them. Connections that are made later work.
"""

import signal
import socket
import subprocess
import sys
import threading


class Connection:
    """One client's, and ours to the daemon for it."""

    def __init__(self, client, target):
        self.client, self.daemon = client, socket.socket(socket.AF_UNIX)
        self.daemon.connect(target)
        self.mute = False
        for source, sink in ((self.client, self.daemon), (self.daemon, self.client)):
            threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source, sink):
        try:
            while (data := source.recv(1 << 16)) and not self.mute:
                sink.sendall(data)
        except OSError:
            pass
        if not self.mute:
            for side in (self.client, self.daemon):
                shut(side)


def shut(side):
    try:
        side.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it is not connected any more


def main(listen, target):
    connections = []

    def go_mute(*_):
        for connection in list(connections):
            connection.mute = True

    signal.signal(signal.SIGUSR1, go_mute)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(listen)
        listener.listen(64)
        while True:
            connections.append(Connection(listener.accept()[0], target))


class MuteProxy:
    """The process, and the URI by which libvirt goes through it."""

    TARGET = "/run/libvirt/libvirt-sock-ro"

    def __init__(self, path):
        self.uri = f"qemu+unix:///system?socket={path}"
        self._process = subprocess.Popen([sys.executable, __file__, path, self.TARGET])

    def mute(self):
        self._process.send_signal(signal.SIGUSR1)

    def stop(self):
        self._process.kill()
        self._process.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
