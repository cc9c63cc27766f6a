#include "ship/loss_tally.h"

#include <algorithm>
#include <utility>

namespace vmtelem {

// Causes beyond kMaxCauses share one sum, which names the last of them.
void LossTally::Add(const Loss& loss, SteadyTime now) {
  latest_ = {now, loss.cause};
  const bool is_known = causes_.contains(loss.cause);
  const bool is_apart = is_known || causes_.size() < kMaxCauses;
  Loss& sum = causes_[is_apart ? loss.cause : ""].unlogged;
  if (sum.lines == 0) sum.example = loss.example;
  sum.cause = is_apart ? loss.cause : loss.cause + ", and the like";
  sum.lines += loss.lines;
  sum.batches += loss.batches;
  sum.first_wall_ns = std::min(sum.first_wall_ns, loss.first_wall_ns);
  sum.last_wall_ns = std::max(sum.last_wall_ns, loss.last_wall_ns);
}

std::vector<LossTally::Loss> LossTally::TakeDue(SteadyTime now) {
  std::vector<Loss> due;
  for (auto& [name, cause] : causes_) {
    const bool is_due = !cause.logged_at || now >= *cause.logged_at + kInterval;
    if (cause.unlogged.lines == 0 || !is_due) continue;
    cause.logged_at = now;
    due.push_back(std::exchange(cause.unlogged, {}));
  }
  std::erase_if(causes_, [now](const auto& entry) { return IsOver(entry.second, now); });
  return due;
}

// A new loss of this cause would be logged at once.
bool LossTally::IsOver(const Cause& cause, SteadyTime now) {
  return cause.unlogged.lines == 0 && cause.logged_at && now >= *cause.logged_at + kInterval;
}

std::vector<LossTally::Loss> LossTally::TakeRest() {
  std::vector<Loss> rest;
  for (auto& [name, cause] : causes_) {
    if (cause.unlogged.lines > 0) rest.push_back(std::exchange(cause.unlogged, {}));
  }
  return rest;
}

}  // namespace vmtelem
