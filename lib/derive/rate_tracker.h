#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/derived.h"
#include "model/snapshot.h"

namespace vmtelem {

// Computes totals and rates from a snapshot and the one before, which it remembers. One thread (the collector's).
// Memory grows with the VMs in the last snapshot, not with all that ever were listed.
class RateTracker {
 public:
  RateTracker();
  ~RateTracker();
  RateTracker(const RateTracker&) = delete;
  RateTracker& operator=(const RateTracker&) = delete;

  // Fills `derived`, parallel to snapshot.domains, reusing its memory.
  void Derive(const Snapshot& snapshot, std::vector<DomainDerived>& derived);

  // Pairs of neighbouring samples so far that gave no rate because the time between them is not known, see
  // ElapsedIsKnown(). Each VM has its own pairs.
  [[nodiscard]] std::uint64_t rates_uncertain() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vmtelem
