#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "ship/in_flight.h"

namespace vmtelem {

// All deliveries that are not done, in the order in which they were taken from the spool. Pointers to them hold until
// they are removed. Writer's thread.
class Deliveries {
 public:
  using List = std::vector<std::unique_ptr<InFlight>>;
  // What is searched for a line at fault, or waits for it, in memory.
  struct Searches {
    std::size_t batches = 0, lines = 0;
    [[nodiscard]] bool full() const;
  };

  InFlight& Add(std::unique_ptr<InFlight> delivery) { return *all_.emplace_back(std::move(delivery)); }
  void Remove(const InFlight& delivery);
  // Those that another process delivers now, and those of which no line is left.
  void RemoveTakenOver();
  List TakeDone();

  [[nodiscard]] const List& all() const { return all_; }
  [[nodiscard]] InFlight* Find(TransferId request) const;
  [[nodiscard]] std::size_t CountRequests() const;
  [[nodiscard]] std::size_t CountBytesInRequests() const;  // before they are packed
  [[nodiscard]] std::size_t Count(Priority priority) const;
  [[nodiscard]] Searches CountSearches() const;
  // The one that is searched, or may be next. Null if none is suspected.
  [[nodiscard]] InFlight* Searched() const;
  // What may be sent now, the one that was sent longest ago: where some fail always, the others have their turn.
  [[nodiscard]] InFlight* FirstReady(Priority priority, SteadyTime now) const;

 private:
  List all_;
};

}  // namespace vmtelem
