#pragma once

#include <optional>

#include "base/clock.h"

namespace vmtelem {

// Keeps the last free slot for live batches. If they leave no other for so long that nothing else gets on, one other
// batch may have it: a database that is slow with each request would never see the backlog. Writer's thread.
class ReservedSlot {
 public:
  static constexpr Nanoseconds kPatience = std::chrono::seconds(5);

  // Something other than a live batch could use it.
  bool MayTake(SteadyTime now) {
    if (!refused_since_) refused_since_ = now;
    return now >= *refused_since_ + kPatience;
  }
  // Something other than a live batch was started, in whatever slot.
  void Started() { refused_since_.reset(); }

  // When the answer changes; nothing if nobody waits for it.
  [[nodiscard]] std::optional<SteadyTime> opens_at() const {
    return refused_since_ ? std::optional(*refused_since_ + kPatience) : std::nullopt;
  }

 private:
  std::optional<SteadyTime> refused_since_;
};

}  // namespace vmtelem
