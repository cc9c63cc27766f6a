#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <libvirt/libvirt.h>

// The data of a domain pointer itself: these functions make no call to the hypervisor.
namespace vmtelem {

// Empty if the VM has no UUID.
inline std::string UuidOf(virDomainPtr domain) {
  std::array<char, VIR_UUID_STRING_BUFLEN> text{};
  return virDomainGetUUIDString(domain, text.data()) == 0 ? text.data() : "";
}

// The text is valid as long as the domain pointer.
inline std::string_view NameOf(virDomainPtr domain) {
  const char* name = virDomainGetName(domain);
  return name == nullptr ? std::string_view() : name;
}

// Absent while the VM does not run.
inline std::optional<std::int64_t> IdOf(virDomainPtr domain) {
  const unsigned id = virDomainGetID(domain);
  if (id == static_cast<unsigned>(-1)) return std::nullopt;
  return id;
}

}  // namespace vmtelem
