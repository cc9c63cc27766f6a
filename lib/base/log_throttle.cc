#include "base/log_throttle.h"

#include <utility>

namespace vmtelem {

std::optional<std::uint64_t> LogThrottle::Admit(const std::string& kind, SteadyTime now, std::uint64_t count) {
  const bool known = kinds_.count(kind) > 0;
  const auto [found, first] = kinds_.try_emplace(known || kinds_.size() < kMaxKinds ? kind : std::string());
  Kind& entry = found->second;
  if (!first && now < entry.logged_at + kInterval) {
    entry.left_out += count;
    return std::nullopt;
  }
  entry.logged_at = now;
  return std::exchange(entry.left_out, 0);
}

}  // namespace vmtelem
