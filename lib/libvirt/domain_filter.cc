#include "libvirt/domain_filter.h"

#include <algorithm>

#include <strings.h>

#include "base/glob.h"

namespace vmtelem {

bool Matches(const DomainFilter& filter, const std::string& name, const std::string& uuid) {
  const auto matches = [&](const std::string& pattern) {
    // The name itself first: it may hold characters that a glob would take for its own.
    return pattern == name || ::strcasecmp(pattern.c_str(), uuid.c_str()) == 0 || MatchesGlob(pattern, name);
  };
  const auto any = [&](const auto& patterns) { return std::any_of(patterns.begin(), patterns.end(), matches); };
  return (filter.include.empty() || any(filter.include)) && !any(filter.exclude);
}

}  // namespace vmtelem
