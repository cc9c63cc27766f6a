"""The smallest Linux that can move a known number of bytes: Debian's cloud kernel, busybox and the virtio modules."""

import shutil
import subprocess
from pathlib import Path

from harness.prerequisites import cloud_kernel, find

MODULES = ("virtio_pci", "virtio_blk", "virtio_net", "virtio_balloon")

WRITE_MIB = 8
READ_MIB = 4
FRAMES_SENT = 3
FRAME_SENT_BYTES = 42  # an ARP request: 14 bytes of Ethernet header, 28 of ARP; virtio does not pad
READY = "vmtelem guest ready"

# O_DIRECT: a request reaches the disk as it is made, so requests can be counted as well as bytes.
# The console is a file on the host; whatever is written to it is seen there at once.
INIT = f"""#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do insmod /modules/$module; done
exec > /dev/ttyS0 2>&1
ip link set eth0 up
arping -q -c {FRAMES_SENT} -I eth0 -s 10.9.9.2 10.9.9.1 &
while [ ! -b /dev/vda ]; do sleep 0.1; done
dd if=/dev/zero of=/dev/vda bs=1M count={WRITE_MIB} oflag=direct
dd if=/dev/vda of=/dev/null bs=1M count={READ_MIB} iflag=direct
wait
echo {READY}
while :; do sleep 3600; done
"""


def kernel_image():
    return Path(f"/boot/vmlinuz-{cloud_kernel()}")


def build_initramfs(directory):
    """Write the archive and return its path. Not compressed: unpacking would cost more emulated CPU than reading."""
    root = directory / "initramfs"
    for name in ("bin", "dev", "modules"):
        (root / name).mkdir(parents=True)
    shutil.copy(find("busybox"), root / "bin/busybox")
    copy_modules(root / "modules")
    (root / "init").write_text(INIT)
    (root / "init").chmod(0o755)
    return pack(root, directory / "initramfs.cpio")


def copy_modules(target):
    """Copy the modules and what they depend on; `order` lists them so that plain insmod works."""
    base = Path("/lib/modules", cloud_kernel())
    ordered = load_order((base / "modules.dep").read_text())
    for path in ordered:
        shutil.copy(base / path, target)
    (target / "order").write_text("\n".join(Path(path).name for path in ordered))


def load_order(modules_dep):
    """Paths of MODULES in an order in which each finds its dependencies; modules.dep lists them the other way round."""
    rules = dict(line.split(":", 1) for line in modules_dep.splitlines())
    wanted = [path for name in MODULES for path in rules if Path(path).name.split(".")[0] == name]
    order = []
    for path in wanted:
        order += [needed for needed in reversed([path, *rules[path].split()]) if needed not in order]
    return order


def pack(root, archive):
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    with open(archive, "wb") as output:
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=root, input=names.encode(), stdout=output, check=True)
    return archive
