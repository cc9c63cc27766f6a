"""A client of libvirtd that does nothing but ask for full statistics, with nobody's program in between: what it cannot get in
time at a busy daemon, nobody can."""

import ctypes
import time

from harness.completeness import wait_for_phase
from harness.libvirtd import URI
from harness.sampling import Sampling

GROUPS = 0x3F  # state, cpu, balloon, vcpu, interface, block
ACTIVE_NOWAIT = 1 | 1 << 29


class BareClient:
    """One read-only connection, and the pointers of some VMs, which are looked up while all is calm."""

    def __init__(self, names):
        self._libvirt = load()
        self._connection = self._libvirt.virConnectOpenReadOnly(URI.encode())
        assert self._connection, "a client cannot connect to libvirtd"
        self._vms = [self._libvirt.virDomainLookupByName(self._connection, name.encode()) for name in names]
        assert all(self._vms), "a VM is not there"

    def ask(self):
        """All statistics of these VMs, in one call."""
        vms = (ctypes.c_void_p * (len(self._vms) + 1))(*self._vms, None)
        records = ctypes.c_void_p()
        found = self._libvirt.virDomainListGetStats(vms, GROUPS, ctypes.byref(records), ACTIVE_NOWAIT)
        assert found == len(self._vms), f"statistics of {found} VMs instead of {len(self._vms)}"
        self._libvirt.virDomainStatsRecordListFree(records)

    def close(self):
        for vm in self._vms:
            self._libvirt.virDomainFree(vm)
        self._libvirt.virConnectClose(self._connection)


class FullCalls(Sampling):
    """The calls of a BareClient, between the cycles of a `run` of that interval, and how long they take."""

    def __init__(self, names, interval_s):
        super().__init__()
        self.PERIOD_S = max(interval_s, 0.5)
        self._client, self._interval_s = BareClient(names), interval_s
        self.calls = []  # (time of the wall clock, seconds)

    def __exit__(self, *_):
        super().__exit__(*_)
        self._client.close()

    def sample(self):
        wait_for_phase(0.5, self._interval_s)
        began_s, begin = time.time(), time.monotonic()
        self._client.ask()
        self.calls.append((began_s, time.monotonic() - begin))

    def too_slow_in(self):
        """Ticks from that in which a call began that took longer than the interval to that in which the next call began."""
        nexts = [began_s for began_s, _ in self.calls[1:]] + [sum(self.calls[-1])]
        return {tick for (began_s, seconds), next_s in zip(self.calls, nexts) if seconds > self._interval_s
                for tick in range(int(began_s / self._interval_s), int(next_s / self._interval_s) + 1)}

    def figures(self):
        seconds = sorted(seconds for _, seconds in self.calls)
        return {"control_calls": len(seconds), "control_ms_median": round(seconds[len(seconds) // 2] * 1e3),
                "control_ms_max": round(seconds[-1] * 1e3)}


def load():
    libvirt = ctypes.CDLL("libvirt.so.0")
    pointer = ctypes.c_void_p
    for name, result, arguments in (
            ("virConnectOpenReadOnly", pointer, [ctypes.c_char_p]),
            ("virDomainLookupByName", pointer, [pointer, ctypes.c_char_p]),
            ("virDomainListGetStats", ctypes.c_int, [pointer, ctypes.c_uint, pointer, ctypes.c_uint]),
            ("virDomainStatsRecordListFree", None, [pointer]),
            ("virDomainFree", ctypes.c_int, [pointer]),
            ("virConnectClose", ctypes.c_int, [pointer])):
        function = getattr(libvirt, name)
        function.restype, function.argtypes = result, arguments
    return libvirt
