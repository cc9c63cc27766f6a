#include "libvirt/read/domain_xml.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

TEST_CASE("NICs and disks are listed by target in the order of the XML") {
  const auto devices = ParseDevices(R"(<domain type='xen' id='4'><name>a</name><devices>
    <disk type='file' device='disk'><source file='/a'/><target dev='xvdb'/></disk>
    <interface type='bridge'><source bridge='br0'/><target dev='vif4.0'/></interface>
    <disk type='network' device='disk'><source protocol='rbd' name='p/b'/><target dev='xvda'/></disk>
    <interface type='bridge'><target dev='vif4.1'/></interface>
    </devices></domain>)");
  CHECK(devices.nics == std::vector<std::string>{"vif4.0", "vif4.1"});
  REQUIRE(devices.disks.size() == 2);
  CHECK(devices.disks[0].target == "xvdb");
  CHECK(devices.disks[1].target == "xvda");
}

bool HasMedium(const std::string& kind, const std::string& source) {
  const auto devices = ParseDevices("<domain><devices><disk device='" + kind + "'>" + source +
                                    "<target dev='sda'/></disk></devices></domain>");
  REQUIRE(devices.disks.size() == 1);
  return devices.disks[0].has_medium;
}

TEST_CASE("a removable drive has a medium only if it has a source") {
  const auto devices = ParseDevices(R"(<domain><devices>
    <disk device='cdrom'><target dev='hda'/></disk>
    <disk device='cdrom'><source file='/a.iso'/><target dev='hdb'/></disk>
    <disk device='floppy'><target dev='fda'/></disk>
    <disk><target dev='vda'/></disk></devices></domain>)");
  REQUIRE(devices.disks.size() == 4);
  CHECK_FALSE(devices.disks[0].has_medium);
  CHECK(devices.disks[1].has_medium);
  CHECK_FALSE(devices.disks[2].has_medium);
  CHECK(devices.disks[3].has_medium);
}

TEST_CASE("a source that names no medium makes none of a removable drive") {
  const auto* kind = GENERATE("cdrom", "floppy");
  const auto* source =
      GENERATE("<source/>", "<source startupPolicy='optional'/>", "<source index='3'/>", "<source file='' index='1'/>",
               "<source startupPolicy='requisite'><seclabel model='dac' relabel='no'/></source>",
               "<backingStore><source file='/a'/></backingStore>");
  CAPTURE(kind, source);
  CHECK_FALSE(HasMedium(kind, source));
  CHECK(HasMedium("disk", source));
}

TEST_CASE("a file, a device, a directory, a name, a volume and a host are media") {
  const auto* source =
      GENERATE("<source file='/a.iso' startupPolicy='optional' index='1'/>", "<source dev='/dev/sr0'/>",
               "<source dir='/a'/>", "<source protocol='rbd' name='pool/image'/>", "<source pool='p' volume='a.iso'/>",
               "<source protocol='nbd'><host name='h' port='10809'/></source>");
  CAPTURE(source);
  CHECK(HasMedium("cdrom", source));
}

TEST_CASE("devices of one name are listed once, as the first of them") {
  const auto devices = ParseDevices(R"(<domain><devices>
    <interface type='hostdev'><target dev='eth4'/></interface>
    <interface type='bridge'><target dev='vnet0'/></interface>
    <interface type='hostdev'><target dev='eth4'/></interface>
    <disk device='cdrom'><target dev='sda'/></disk><disk><source file='/a'/><target dev='eth4'/></disk>
    <disk device='cdrom'><source file='/a.iso'/><target dev='sda'/></disk></devices></domain>)");
  CHECK(devices.nics == std::vector<std::string>{"eth4", "vnet0"});
  REQUIRE(devices.disks.size() == 2);
  CHECK(devices.disks[0].target == "sda");
  CHECK_FALSE(devices.disks[0].has_medium);
  CHECK(devices.disks[1].target == "eth4");
}

TEST_CASE("a device without a target cannot be asked for and is left out") {
  const auto devices = ParseDevices(
      "<domain><devices><interface type='hostdev'/><interface><target/></interface><disk/></devices></domain>");
  CHECK(devices.nics.empty());
  CHECK(devices.disks.empty());
}

TEST_CASE("a text that is not the XML of a domain has no devices") {
  const auto* xml = GENERATE("", "<", "<domain>", "<domain><devices><disk><target dev='a'/>", "no xml",
                             "<network><devices><disk><target dev='a'/></disk></devices></network>");
  CAPTURE(xml);
  const auto devices = ParseDevices(xml);
  CHECK(devices.nics.empty());
  CHECK(devices.disks.empty());
}

}  // namespace
}  // namespace vmtelem
