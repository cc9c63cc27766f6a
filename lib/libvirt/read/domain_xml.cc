#include "libvirt/read/domain_xml.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include <pugixml.hpp>

namespace vmtelem {
namespace {

using Names = std::unordered_set<std::string>;

std::string TargetOf(const pugi::xml_node& device) { return device.child("target").attribute("dev").value(); }

// Adds nothing for a device without a name.
bool IsNew(const std::string& target, Names& seen) { return !target.empty() && seen.insert(target).second; }

bool IsRemovable(const pugi::xml_node& disk) {
  const std::string_view kind = disk.attribute("device").value();
  return kind == "cdrom" || kind == "floppy";
}

// The source of a drive stays when its medium is taken out, with attributes that name none (startupPolicy, index).
bool NamesMedium(const pugi::xml_node& source) {
  constexpr std::array kPlaces{"file", "dev", "dir", "name", "volume"};
  const auto is_given = [&](const char* place) { return *source.attribute(place).value() != '\0'; };
  return source.child("host") || std::any_of(kPlaces.begin(), kPlaces.end(), is_given);
}

}  // namespace

DomainDevices ParseDevices(std::string_view xml) {
  DomainDevices devices;
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return devices;
  const pugi::xml_node list = document.child("domain").child("devices");
  Names nics, disks;
  for (const pugi::xml_node& nic : list.children("interface")) {
    std::string target = TargetOf(nic);
    if (IsNew(target, nics)) devices.nics.push_back(std::move(target));
  }
  for (const pugi::xml_node& disk : list.children("disk")) {
    std::string target = TargetOf(disk);
    const bool has_medium = NamesMedium(disk.child("source")) || !IsRemovable(disk);
    if (IsNew(target, disks)) devices.disks.push_back({std::move(target), has_medium});
  }
  return devices;
}

}  // namespace vmtelem
