"""A host of libvirt's embedded test driver: as many VMs as a test likes, without libvirtd, QEMU or root."""

DOMAIN = """  <domain type='test'>
    <name>{name}</name>
    <uuid>22222222-0000-4000-8000-{number:012x}</uuid>
    <memory unit='KiB'>524288</memory>
    <vcpu>{vcpus}</vcpu>
    <os><type arch='i686'>hvm</type></os>
    <devices>
      <disk type='file' device='disk'><source file='/guest/{number}.img'/><target dev='vda' bus='virtio'/></disk>
      <interface type='network'>
        <mac address='52:54:00:{mac}'/><source network='default'/><target dev='nic{number}'/>
      </interface>
    </devices>
  </domain>
"""
NODE = """<node xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
  <network>
    <name>default</name><uuid>11111111-0000-4000-8000-000000000001</uuid>
    <bridge name='virbr0'/><ip address='192.0.2.1' netmask='255.255.255.0'/>
  </network>
{domains}</node>
"""


def embedded_host(directory, names, vcpus=1):
    """URI of a host on which VMs of these names run, with a NIC and a disk each: three lines of each VM in a cycle, and one more of
    each of its vCPUs if those are asked for."""
    path = directory / f"host-of-{len(names)}-{names[0]}.xml"
    path.write_text(NODE.format(domains="".join(domain(number, name, vcpus) for number, name in enumerate(names, 1))))
    return f"test://{path}"


def domain(number, name, vcpus):
    mac = ":".join(f"{number >> shift & 255:02x}" for shift in (16, 8, 0))
    return DOMAIN.format(name=name, number=number, mac=mac, vcpus=vcpus)
