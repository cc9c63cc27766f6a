#include "http/connection_table.h"

#include <algorithm>
#include <initializer_list>

namespace vmtelem {

void ConnectionTable::Open(int fd) { connections_[fd] = {.since = clock_.SteadyNow()}; }

void ConnectionTable::Close(int fd) { connections_.erase(fd); }

// The time of a first request runs from the start of its connection.
void ConnectionTable::NoteReceiving(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  if (found->second.phase == Phase::kFresh) found->second.phase = Phase::kReceiving;
  if (found->second.phase == Phase::kIdle) Enter(fd, Phase::kReceiving);
}

void ConnectionTable::NoteAnswering(int fd) { Enter(fd, Phase::kAnswering); }

void ConnectionTable::NoteAnswered(int fd) { Enter(fd, Phase::kIdle); }

void ConnectionTable::Enter(int fd, Phase phase) {
  const auto found = connections_.find(fd);
  if (found == connections_.end() || found->second.phase == Phase::kCut) return;
  found->second.phase = phase;
  found->second.since = clock_.SteadyNow();
}

void ConnectionTable::NoteEnded(int fd) {
  const auto found = connections_.find(fd);
  if (found != connections_.end()) found->second.has_ended = true;
}

std::map<int, ConnectionTable::Place>::iterator ConnectionTable::LongestIn(std::initializer_list<Phase> phases,
                                                                           Nanoseconds at_least) {
  const SteadyTime latest = clock_.SteadyNow() - at_least;
  auto longest = connections_.end();
  for (auto place = connections_.begin(); place != connections_.end(); ++place) {
    const bool counts = std::find(phases.begin(), phases.end(), place->second.phase) != phases.end();
    if (!counts || place->second.since > latest) continue;
    if (longest == connections_.end() || place->second.since < longest->second.since) longest = place;
  }
  return longest;
}

std::optional<int> ConnectionTable::TakeDispensable() {
  auto found = LongestIn({Phase::kFresh, Phase::kIdle}, Nanoseconds::zero());
  if (found == connections_.end()) found = LongestIn({Phase::kReceiving}, kSlowRequest);
  if (found == connections_.end()) found = LongestIn({Phase::kAnswering}, kSlowAnswer);
  if (found == connections_.end()) return std::nullopt;
  found->second.phase = Phase::kCut;
  return found->first;
}

std::vector<int> ConnectionTable::TakeOverdue() {
  std::vector<int> overdue;
  const SteadyTime now = clock_.SteadyNow();
  for (auto& [fd, place] : connections_) {
    if (place.phase == Phase::kCut || place.since + TimeoutOf(place.phase) > now) continue;
    place.phase = Phase::kCut;
    overdue.push_back(fd);
  }
  return overdue;
}

std::vector<int> ConnectionTable::TakeEnded() {
  std::vector<int> ended;
  for (auto& [fd, place] : connections_) {
    if (!place.has_ended || place.phase == Phase::kAnswering || place.phase == Phase::kCut) continue;
    place.phase = Phase::kCut;
    ended.push_back(fd);
  }
  return ended;
}

SteadyTime ConnectionTable::NextDeadline() const {
  SteadyTime next = SteadyTime::max();
  for (const auto& [fd, place] : connections_) {
    if (place.phase != Phase::kCut) next = std::min(next, place.since + TimeoutOf(place.phase));
  }
  return next;
}

Nanoseconds ConnectionTable::TimeoutOf(Phase phase) {
  if (phase == Phase::kIdle) return kIdleTimeout;
  return phase == Phase::kAnswering ? kAnswerTimeout : kRequestTimeout;
}

}  // namespace vmtelem
