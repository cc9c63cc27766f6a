#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vmtelem {

// A running VM, as the last listing or event described it. Immutable once it is shared, so that any thread may read it.
struct DomainRef {
  std::string uuid;
  std::string name;
  std::optional<std::int64_t> id;  // libvirt's number for this run of the VM; absent if the driver gives none

  bool operator==(const DomainRef&) const = default;
};

using DomainRefs = std::vector<std::shared_ptr<const DomainRef>>;

}  // namespace vmtelem
