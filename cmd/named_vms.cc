#include "cmd/named_vms.h"

#include <algorithm>

namespace vmtelem {

std::vector<std::string> NamesWithoutVm(const DomainFilter& filter, const std::vector<VmName>& found) {
  std::vector<std::string> missing;
  for (const std::string& pattern : filter.include) {
    const bool is_glob = pattern.find_first_of("*?[\\") != std::string::npos;
    const bool is_found = std::any_of(found.begin(), found.end(),
                                      [&](const VmName& vm) { return vm.name == pattern || vm.uuid == pattern; });
    const bool is_excluded = std::find(filter.exclude.begin(), filter.exclude.end(), pattern) != filter.exclude.end();
    if (!is_glob && !is_found && !is_excluded) missing.push_back(pattern);
  }
  return missing;
}

}  // namespace vmtelem
