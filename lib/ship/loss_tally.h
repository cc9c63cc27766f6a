#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace vmtelem {

// Sums up lost lines, for each cause by itself, between one message about it and the next: the first is due at once,
// the others a minute after the one before, so that the messages together count each line once. Writer's thread.
class LossTally {
 public:
  static constexpr Nanoseconds kInterval = std::chrono::minutes(1);

  struct Loss {
    std::string cause;  // one line for people
    std::uint64_t lines = 0, batches = 0;
    std::int64_t first_wall_ns = std::numeric_limits<std::int64_t>::max();  // stamps of the oldest and the newest line
    std::int64_t last_wall_ns = std::numeric_limits<std::int64_t>::min();
    std::string example{};  // of the first loss in the sum
  };
  // The last loss, of whatever cause.
  struct Latest {
    SteadyTime at{};
    std::string cause;
  };

  void Add(const Loss& loss, SteadyTime now);
  // The sums whose message is due now. The caller logs them.
  std::vector<Loss> TakeDue(SteadyTime now);
  // All sums that were not given out yet.
  std::vector<Loss> TakeRest();

  [[nodiscard]] const std::optional<Latest>& latest() const { return latest_; }

 private:
  static constexpr std::size_t kMaxCauses = 64;  // names of files and a server's words are unbounded, this is not
  struct Cause {
    std::optional<SteadyTime> logged_at;
    Loss unlogged;
  };
  static bool IsOver(const Cause& cause, SteadyTime now);

  std::map<std::string, Cause> causes_;
  std::optional<Latest> latest_;
};

}  // namespace vmtelem
