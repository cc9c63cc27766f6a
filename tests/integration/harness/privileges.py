"""Ways to run a program with less than root may do."""

from harness.prerequisites import find, give_up


def obeying_permissions(binary, directory):
    """Path of a program that runs `binary` as the present user, but for whom the modes of files and directories hold even if
    that is root."""
    setpriv = find("setpriv") or give_up("no setpriv (package util-linux)")
    path = directory / f"{binary.name}-obeying-permissions"
    path.write_text(f'#!/bin/sh\nexec {setpriv} --inh-caps=-all --bounding-set=-all -- {binary} "$@"\n')
    path.chmod(0o755)
    return path
