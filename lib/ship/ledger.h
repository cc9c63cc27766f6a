#pragma once

#include <cstdint>
#include <mutex>

#include "model/agent_report.h"

namespace vmtelem {

// What has become of a line, or where it waits: the member that counts it.
using LineState = std::uint64_t LineCounts::*;

// Knows where every line is that this process sampled or found in the spool. Each move is one short critical section,
// so the sum in LineCounts holds in every reading. Thread-safe.
class Ledger {
 public:
  void Sampled(std::uint64_t lines, LineState state = &LineCounts::queued);
  void Recovered(std::uint64_t lines);  // another process left them in the spool
  void Move(LineState from, LineState to, std::uint64_t lines);
  [[nodiscard]] LineCounts counts() const;

 private:
  mutable std::mutex mutex_;
  LineCounts counts_;
};

}  // namespace vmtelem
