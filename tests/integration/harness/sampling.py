"""Looking at something again and again while something else goes on."""

import threading


class Sampling:
    """Calls sample() every PERIOD_S seconds while it lasts."""

    def __init__(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(self.PERIOD_S):
            self.sample()
