"""What a log says of VMs. When it is the daemon that failed, no VM has a fault; a VM that is shut off has none either."""

import re

NAMING = re.compile(r"VM '|\bVMs (do|did|answer|that did)\b")
NOT_ANSWERING = re.compile(r"VM '.*' does not answer|\bVMs do not answer")


def naming_vms(log):
    """Lines about single VMs, or a number of them. How many VMs there are is no blame."""
    return [line for line in log if NAMING.search(line)]


def not_answering(log):
    """Lines by which VMs do not answer."""
    return [line for line in log if NOT_ANSWERING.search(line)]
