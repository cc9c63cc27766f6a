#include "libvirt/daemon_life.h"

#include <algorithm>
#include <utility>

namespace vmtelem {
namespace {

constexpr std::size_t kConnectionsKept = 64;  // more than there are lanes

}  // namespace

void DaemonLife::NoteAnswer(SteadyTime opened, SteadyTime asked, SteadyTime now) {
  Answer& answer = answers_[opened];
  answer = {std::max(answer.asked, asked), now};
  if (answers_.size() <= kConnectionsKept) return;
  const auto oldest = std::min_element(answers_.begin(), answers_.end(), [](const auto& one, const auto& other) {
    return one.second.answered < other.second.answered;
  });
  answers_.erase(oldest);
}

bool DaemonLife::AnsweredSince(SteadyTime moment) const { return WasAsked(moment, moment); }

std::optional<SteadyTime> DaemonLife::FirstOpenedAfter(SteadyTime moment) const {
  const auto first = std::find_if(answers_.upper_bound(moment), answers_.end(),
                                  [](const auto& answer) { return answer.second.asked > answer.first; });
  if (first == answers_.end()) return std::nullopt;
  return first->first;
}

bool DaemonLife::HeardSince(SteadyTime moment) const {
  return std::any_of(answers_.begin(), answers_.end(),
                     [&](const auto& answer) { return answer.second.answered >= moment; });
}

std::optional<SteadyTime> DaemonLife::AnotherSinceLastCycle() {
  const auto before = proven_;
  const auto newest = NewestAnswer(SteadyTime::max());
  if (!newest || newest == before) return std::nullopt;
  const bool is_same = !before || !ended_ || WasAsked(*before, *ended_);
  const auto of_known = before ? NewestAnswer(*before) : std::nullopt;
  // A connection that was answered before another one ended may have ended itself since.
  if (!is_same && *of_known > *before) return std::nullopt;
  proven_ = newest;
  ended_.reset();
  return is_same ? std::nullopt : before;
}

// Whether a connection that was open at `opened` has answered a call that was made after `asked`.
bool DaemonLife::WasAsked(SteadyTime opened, SteadyTime asked) const {
  return std::any_of(answers_.begin(), answers_.upper_bound(opened),
                     [&](const auto& answer) { return answer.second.asked >= asked; });
}

// On a connection that was open at `moment`.
std::optional<SteadyTime> DaemonLife::NewestAnswer(SteadyTime moment) const {
  std::optional<SteadyTime> newest;
  for (auto answer = answers_.begin(); answer != answers_.upper_bound(moment); ++answer) {
    if (!newest || answer->second.answered > *newest) newest = answer->second.answered;
  }
  return newest;
}

}  // namespace vmtelem
