#include "libvirt/domain_xml.h"

#include <pugixml.hpp>

namespace vmtelem {
namespace {

std::string TargetOf(const pugi::xml_node& device) { return device.child("target").attribute("dev").value(); }

bool IsRemovable(const pugi::xml_node& disk) {
  const std::string_view kind = disk.attribute("device").value();
  return kind == "cdrom" || kind == "floppy";
}

}  // namespace

DomainDevices ParseDevices(std::string_view xml) {
  DomainDevices devices;
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return devices;
  const pugi::xml_node list = document.child("domain").child("devices");
  for (const pugi::xml_node& nic : list.children("interface")) {
    std::string target = TargetOf(nic);
    if (!target.empty()) devices.nics.push_back(std::move(target));
  }
  for (const pugi::xml_node& disk : list.children("disk")) {
    std::string target = TargetOf(disk);
    if (!target.empty()) devices.disks.push_back({std::move(target), disk.child("source") || !IsRemovable(disk)});
  }
  return devices;
}

}  // namespace vmtelem
