#include "ship/deliveries.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vmtelem {
namespace {

// How much is searched for a line at fault at once, and so kept in memory: a server that fails whatever it is given
// must not draw the whole spool into it.
constexpr std::size_t kMostSearches = 100, kMostSearchedLines = 20'000;

}  // namespace

bool Deliveries::Searches::full() const { return batches >= kMostSearches || lines >= kMostSearchedLines; }

void Deliveries::Remove(const InFlight& delivery) {
  std::erase_if(all_, [&](const auto& each) { return each.get() == &delivery; });
}

void Deliveries::RemoveTakenOver() {
  std::erase_if(all_, [](const auto& each) { return each->batch().ids().empty(); });
}

Deliveries::List Deliveries::TakeDone() {
  const auto first_done = std::stable_partition(
      all_.begin(), all_.end(), [](const auto& delivery) { return delivery->request() || !delivery->lines().done(); });
  List done(std::make_move_iterator(first_done), std::make_move_iterator(all_.end()));
  all_.erase(first_done, all_.end());
  return done;
}

InFlight* Deliveries::Find(TransferId request) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& delivery) {
    return delivery->request() && delivery->request()->id == request;
  });
  return found == all_.end() ? nullptr : found->get();
}

std::size_t Deliveries::CountRequests() const {
  return static_cast<std::size_t>(
      std::count_if(all_.begin(), all_.end(), [](const auto& delivery) { return delivery->request().has_value(); }));
}

std::size_t Deliveries::CountBytesInRequests() const {
  std::size_t bytes = 0;
  for (const auto& delivery : all_) {
    if (delivery->request()) bytes += delivery->request()->batch->bytes().size();
  }
  return bytes;
}

std::size_t Deliveries::Count(Priority priority) const {
  return static_cast<std::size_t>(
      std::count_if(all_.begin(), all_.end(), [=](const auto& each) { return each->priority() == priority; }));
}

Deliveries::Searches Deliveries::CountSearches() const {
  Searches searches;
  for (const auto& delivery : all_) {
    if (!delivery->lines().suspect()) continue;
    ++searches.batches;
    searches.lines += delivery->lines().pieces().remaining_lines();
  }
  return searches;
}

InFlight* Deliveries::Searched() const {
  InFlight* first_suspect = nullptr;
  for (const auto& delivery : all_) {
    if (delivery->lines().searching()) return delivery.get();
    if (first_suspect == nullptr && delivery->lines().suspect()) first_suspect = delivery.get();
  }
  return first_suspect;
}

// While one is searched, nothing suspected goes beside it: its failures would start the count of that one anew.
InFlight* Deliveries::FirstReady(Priority priority, SteadyTime now) const {
  if (InFlight* const searched = Searched(); priority == Priority::kSuspect && searched != nullptr) {
    if (searched->request()) return nullptr;
    if (searched->IsReady(now)) return searched;
  }
  InFlight* first = nullptr;
  for (const auto& delivery : all_) {
    if (!delivery->IsReady(now) || delivery->priority() != priority || delivery->lines().searching()) continue;
    if (first == nullptr || delivery->last_sent() < first->last_sent()) first = delivery.get();
  }
  return first;
}

}  // namespace vmtelem
