#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/collectors.h"
#include "agent/host_sample.h"
#include "base/result.h"
#include "http/request.h"

namespace vmtelem {

// A VM of the last cycle of its hypervisor. Holds that cycle.
struct ShownVm {
  std::shared_ptr<const HostSample> sample;
  std::size_t position = 0;

  [[nodiscard]] const std::string& host() const { return sample->snapshot.host; }
  [[nodiscard]] const DomainStats& domain() const { return sample->snapshot.domains[position]; }
  [[nodiscard]] const DomainDerived& derived() const { return sample->derived[position]; }
};

// Which VMs a request asks for: ?host=&name=GLOB&sort=&limit=. Plain data.
struct VmSelection {
  std::optional<std::string> host{};
  std::string name_glob = "*";
  std::string sort = "name";  // a name of SortNames(); "-" before it: the largest first
  std::size_t limit = SIZE_MAX;
};

// kInvalid: a parameter that is not known, or a value that it does not take; the message says what it takes.
Result<VmSelection> ParseVmSelection(const HttpRequest& request);

// The VMs of the hypervisors that answered in their last cycle. VMs that lack what they are sorted by come last.
// kNotFound: no hypervisor has that name.
Result<std::vector<ShownVm>> SelectVms(const std::vector<HostStatus>& hosts, const VmSelection& selection);

}  // namespace vmtelem
