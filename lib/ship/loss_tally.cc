#include "ship/loss_tally.h"

#include <algorithm>
#include <utility>

namespace vmtelem {

// The causes beyond the most that are told apart have one sum, with the last of them.
void LossTally::Add(const Loss& loss, SteadyTime now) {
  latest_ = {now, loss.cause};
  const bool is_known = causes_.contains(loss.cause);
  const bool is_apart = is_known || causes_.size() < kMaxCauses;
  Loss& sum = causes_[is_apart ? loss.cause : ""].unsaid;
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
    const bool is_due = !cause.said_at || now >= *cause.said_at + kInterval;
    if (cause.unsaid.lines == 0 || !is_due) continue;
    cause.said_at = now;
    due.push_back(std::exchange(cause.unsaid, {}));
  }
  std::erase_if(causes_, [now](const auto& entry) { return IsOver(entry.second, now); });
  return due;
}

// A new loss of this cause would be said at once.
bool LossTally::IsOver(const Cause& cause, SteadyTime now) {
  return cause.unsaid.lines == 0 && cause.said_at && now >= *cause.said_at + kInterval;
}

std::vector<LossTally::Loss> LossTally::TakeRest() {
  std::vector<Loss> rest;
  for (auto& [name, cause] : causes_) {
    if (cause.unsaid.lines > 0) rest.push_back(std::exchange(cause.unsaid, {}));
  }
  return rest;
}

}  // namespace vmtelem
