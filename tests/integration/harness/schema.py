"""The contract between libvirt's keys and the fields that are written, from the view of `virsh domstats`.

Each table maps a field to a function of one domain's statistics ({key: text}) that gives the value, or None where libvirt has
no such key: then the field has to be absent.
"""

import re

NET_COUNTERS = {f"{direction}_{ours}": f"{direction}.{theirs}" for direction in ("rx", "tx")
                for ours, theirs in (("bytes", "bytes"), ("packets", "pkts"), ("errors", "errs"), ("drops", "drop"))}
DISK_COUNTERS = {"rd_reqs": "rd.reqs", "rd_bytes": "rd.bytes", "rd_time_ns": "rd.times",
                 "wr_reqs": "wr.reqs", "wr_bytes": "wr.bytes", "wr_time_ns": "wr.times",
                 "fl_reqs": "fl.reqs", "fl_time_ns": "fl.times"}
DISK_SIZES = {"capacity_bytes": "capacity", "allocation_bytes": "allocation", "physical_bytes": "physical", "errors": "errors"}
BALLOON_KIB = ("current", "maximum", "rss", "usable", "available", "unused", "disk_caches", "swap_in", "swap_out")
BALLOON_NAMES = {"maximum": "max"}
BALLOON_COUNTS = {"mem_major_faults": "major_fault", "mem_minor_faults": "minor_fault",
                  "mem_hugetlb_pgalloc": "hugetlb_pgalloc", "mem_hugetlb_pgfail": "hugetlb_pgfail"}


def number(key, factor=1):
    return lambda stats: int(stats[key]) * factor if key in stats else None


def total(pattern):
    """Sum over the keys that match, None when there is none."""
    return lambda stats: sum(values) if (values := matching(stats, pattern)) else None


def matching(stats, pattern):
    return [int(value) for key, value in stats.items() if re.fullmatch(pattern, key)]


TOTALS = {
    "state": number("state.state"),
    "state_reason": number("state.reason"),
    "vcpus": number("vcpu.current"),
    "vcpus_max": number("vcpu.maximum"),
    "cpu_time_ns": number("cpu.time"),
    "cpu_user_ns": number("cpu.user"),
    "cpu_system_ns": number("cpu.system"),
    "vcpu_time_ns": total(r"vcpu\.\d+\.time"),
    "vcpu_wait_ns": total(r"vcpu\.\d+\.wait"),
    "vcpu_delay_ns": total(r"vcpu\.\d+\.delay"),
    **{f"mem_{BALLOON_NAMES.get(name, name)}_bytes": number(f"balloon.{name}", 1024) for name in BALLOON_KIB},
    **{field: number(f"balloon.{name}") for field, name in BALLOON_COUNTS.items()},
    **{f"net_{field}": total(rf"net\.\d+\.{name}") for field, name in NET_COUNTERS.items()},
    **{f"disk_{field}": total(rf"block\.\d+\.{name}") for field, name in DISK_COUNTERS.items()},
    "disk_errors": total(r"block\.\d+\.errors"),
}
# Known to libvirt, but not from domstats: looked at by tests of their own.
TOTALS_FROM_ELSEWHERE = {"domain_id", "mem_stats_age_s", "monitor_ok", "monitor_blocked_s"}

NIC = {field: number(name) for field, name in NET_COUNTERS.items()}
DISK = {field: number(name) for field, name in {**DISK_COUNTERS, **DISK_SIZES}.items()}


def devices(stats, group):
    """{device name: {key without its index: value}} of the group 'net' or 'block'."""
    found = {}
    for index in range(int(stats.get(f"{group}.count", 0))):
        prefix = f"{group}.{index}."
        found[stats[prefix + "name"]] = {key.removeprefix(prefix): value for key, value in stats.items() if key.startswith(prefix)}
    return found


def expected(table, stats):
    """{field: value} of everything that libvirt knows."""
    values = {field: value_of(stats) for field, value_of in table.items()}
    return {field: value for field, value in values.items() if value is not None}


def differences(table, before, line, after):
    """Faults of one line against readings from before and after it: wrong presence, or a wrong value of what did not move."""
    old, new = expected(table, before), expected(table, after)
    faults = [f"{field} is missing" for field in old if field not in line.fields]
    faults += [f"{field} has no source" for field in line.fields if field in table and field not in old]
    still = {field: value for field, value in old.items() if value == new.get(field) and field in line.fields}
    wrong = {field: value for field, value in still.items() if line.fields[field] != value}
    return faults + [f"{field} is {line.fields[field]}, libvirt says {value}" for field, value in wrong.items()]
