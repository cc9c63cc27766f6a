#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"

namespace vmtelem {

// Lets the first message of a kind through, then at most one a minute. Not thread-safe.
class LogThrottle {
 public:
  static constexpr Nanoseconds kInterval = std::chrono::minutes(1);

  // How many messages of this kind were left out since the last one; nothing if this one is to be left out too. It then
  // counts as `count`.
  std::optional<std::uint64_t> Admit(const std::string& kind, SteadyTime now, std::uint64_t count = 1);

 private:
  static constexpr std::size_t kMaxKinds = 64;  // texts of servers make kinds, and are unbounded
  struct Kind {
    SteadyTime logged_at{};
    std::uint64_t left_out = 0;
  };
  std::map<std::string, Kind> kinds_;
};

}  // namespace vmtelem
