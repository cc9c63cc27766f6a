#pragma once

#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "derive/rate_tracker.h"
#include "samples.h"

namespace vmtelem {

// Hands the tracker one cycle after the other.
class Cycles {
 public:
  std::vector<DomainDerived> Next(std::vector<DomainStats> domains) {
    Snapshot snapshot;
    snapshot.up = true;
    snapshot.cycle = ++cycle_;
    snapshot.domains = std::move(domains);
    tracker_.Derive(snapshot, derived_);
    return derived_;
  }
  DomainDerived Next(DomainStats domain) { return Next(std::vector{std::move(domain)}).at(0); }
  void NextWithoutAnswer() {
    Snapshot snapshot;
    snapshot.cycle = ++cycle_;
    tracker_.Derive(snapshot, derived_);
    CHECK(derived_.empty());
  }
  void Miss() { ++cycle_; }
  [[nodiscard]] std::uint64_t rates_uncertain() const { return tracker_.rates_uncertain(); }

 private:
  RateTracker tracker_;
  std::vector<DomainDerived> derived_;
  std::uint64_t cycle_ = 0;
};

}  // namespace vmtelem
