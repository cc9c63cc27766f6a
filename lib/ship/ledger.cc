#include "ship/ledger.h"

namespace vmtelem {

void Ledger::Sampled(std::uint64_t lines, LineState state) {
  const std::lock_guard guard(mutex_);
  counts_.sampled += lines;
  counts_.*state += lines;
}

void Ledger::Recovered(std::uint64_t lines) {
  const std::lock_guard guard(mutex_);
  counts_.recovered += lines;
  counts_.spooled += lines;
}

void Ledger::Move(LineState from, LineState to, std::uint64_t lines) {
  const std::lock_guard guard(mutex_);
  counts_.*from -= lines;
  counts_.*to += lines;
}

LineCounts Ledger::counts() const {
  const std::lock_guard guard(mutex_);
  return counts_;
}

}  // namespace vmtelem
