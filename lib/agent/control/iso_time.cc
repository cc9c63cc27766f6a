#include "agent/control/iso_time.h"

#include <ctime>

#include <fmt/chrono.h>

namespace vmtelem {

std::string IsoTime(std::int64_t wall_ns) {
  constexpr std::int64_t kSecond_ns = 1'000'000'000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}", fmt::gmtime(static_cast<std::time_t>(wall_ns / kSecond_ns)),
                     wall_ns % kSecond_ns / 1'000);
}

}  // namespace vmtelem
