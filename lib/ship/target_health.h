#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "model/batch.h"

namespace vmtelem {

// What the target did with the requests of this process, and whether it is well by that. Writer's thread.
class TargetHealth {
 public:
  // A target that has stored something is held to be well, and a failure the batch's own, until so many requests in a
  // row have failed and nothing was stored for so long.
  static constexpr unsigned kFailuresToDoubt = 8;
  static constexpr Nanoseconds kTimeToDoubt = std::chrono::seconds(5);

  void Stored(const Batch& sent, SteadyTime now);
  // A request was stored in part; `stored` are those lines, as the server says.
  void StoredInPart(const Batch& stored) { stored_line_ = std::make_shared<const Batch>(stored.Slice(0, 1)); }
  // No line of a request was stored, as far as is known.
  void NotStored() { last_was_stored_ = false; }
  // The target failed, and not for lines that are under suspicion already.
  void Failed() { ++failures_; }

  // Requests that were stored whole. It only ever grows, so whether anything was stored since some moment is a
  // comparison.
  [[nodiscard]] std::uint64_t stored() const { return stored_; }
  [[nodiscard]] bool last_was_stored() const { return last_was_stored_; }
  [[nodiscard]] bool well(SteadyTime now) const;
  // A line that was stored lately; null if none was.
  [[nodiscard]] const std::shared_ptr<const Batch>& stored_line() const { return stored_line_; }
  // It is refused now.
  void ForgetStoredLine() { stored_line_.reset(); }

 private:
  std::uint64_t stored_ = 0;
  bool last_was_stored_ = false;
  SteadyTime stored_at_{};
  unsigned failures_ = 0;  // in a row
  std::shared_ptr<const Batch> stored_line_;
};

}  // namespace vmtelem
