#pragma once

#include <cstdint>
#include <mutex>

#include "model/agent_report.h"

namespace vmtelem {

enum class Place { kQueued, kSpooled, kInFlight, kWritten, kRejected, kDropped, kHandedOver };

// Knows where every line is that this process sampled or found in the spool. Each move is one short critical section,
// so the sum in LineCounts holds in every reading. Thread-safe.
class Ledger {
 public:
  void Sampled(std::uint64_t lines, Place place = Place::kQueued);
  void Recovered(std::uint64_t lines);  // another process left them in the spool
  void Move(Place from, Place to, std::uint64_t lines);
  [[nodiscard]] LineCounts counts() const;

 private:
  std::uint64_t& At(Place place);

  mutable std::mutex mutex_;
  LineCounts counts_;
};

}  // namespace vmtelem
