#include "libvirt/named_vms.h"

#include <algorithm>

#include <fmt/format.h>
#include <strings.h>

#include "libvirt/domain_filter.h"

namespace vmtelem {
namespace {

bool IsGlob(const std::string& pattern) { return pattern.find_first_of("*?[\\") != std::string::npos; }

bool IsNamed(const std::string& pattern, const VmName& vm) {
  return vm.name == pattern || ::strcasecmp(std::string(vm.uuid).c_str(), pattern.c_str()) == 0;
}

}  // namespace

std::vector<std::string> NamesWithoutVm(const DomainFilter& filter, const std::vector<VmName>& found) {
  const DomainFilter excludes_only{{}, filter.exclude};
  std::vector<std::string> missing;
  for (const std::string& pattern : filter.include) {
    const bool is_excluded = !Matches(excludes_only, pattern, pattern);
    const auto is_named = [&](const VmName& vm) { return IsNamed(pattern, vm); };
    if (IsGlob(pattern) || is_excluded || std::any_of(found.begin(), found.end(), is_named)) continue;
    missing.push_back(pattern);
  }
  return missing;
}

std::string DescribeMissingVm(const DomainFilter& filter, const std::string& name) {
  return fmt::format("no VM '{}'{}", name, filter.exclude.empty() ? "" : " that is not excluded");
}

}  // namespace vmtelem
