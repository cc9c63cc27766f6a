#include "libvirt/lane_pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace vmtelem {

void LanePool::Resize(std::size_t size) {
  size_ = size;
  while (ready_.size() > size_) ready_.pop_back();
}

void LanePool::Tend(std::size_t out, bool may_list) {
  may_list_ = may_list || (ready_.empty() && out == 0);
  for (Connecting& each : TakeReturned(connecting_)) TakeConnected(std::move(each));
  if (ready_.size() + connecting_.size() + out < size_) ConnectAnother();
}

void LanePool::TakeConnected(Connecting connected) {
  const SteadyTime now = parts_.clock.SteadyNow();
  auto outcome = connected.done.Take();
  if (!outcome) {
    fault_ = std::move(outcome.error());
    parts_.pause.NoteFailure(now);
    return;
  }
  fault_.reset();
  parts_.pause.NoteSuccess();
  if (connected.lane->opened == SteadyTime{}) connected.lane->opened = now;
  parts_.life.NoteAnswer(connected.lane->opened, connected.since, now);
  ready_.push_back(std::move(connected.lane));
}

void LanePool::ConnectAnother() {
  if (!MayConnect()) return;
  if (auto lane = Make()) StartConnecting(std::move(lane));
}

bool LanePool::MayConnect() const {
  const SteadyTime now = parts_.clock.SteadyNow();
  if (!may_list_ || connecting_.size() >= kMostConnecting || !parts_.pause.MayTry(now)) return false;
  return connecting_.empty() || now - connecting_.back().since >= kConnectPatience;
}

std::unique_ptr<BulkLane> LanePool::Make() {
  try {
    return std::make_unique<BulkLane>(uri_, BulkLane::Parts{parts_.clock, parked_calls_, notifier_});
  } catch (const std::system_error& error) {
    fault_ = Error{ErrorCode::kInternal, std::string("cannot start a thread: ") + error.what(), {}};
    return nullptr;
  }
}

void LanePool::StartConnecting(std::unique_ptr<BulkLane> lane) {
  auto done = lane->Start([](BulkSession& session, LaneClock&) { return session.Prepare(); });
  connecting_.push_back({std::move(lane), std::move(done), parts_.clock.SteadyNow()});
}

std::optional<SteadyTime> LanePool::connecting_until() const {
  if (connecting_.empty()) return std::nullopt;
  return connecting_.back().since + kConnectPatience;
}

bool LanePool::has_news() const {
  return std::any_of(connecting_.begin(), connecting_.end(), [](const Connecting& each) { return each.lane->idle(); });
}

std::unique_ptr<BulkLane> LanePool::Take() {
  if (ready_.empty()) return nullptr;
  auto lane = std::move(ready_.front());
  ready_.pop_front();
  return lane;
}

std::unique_ptr<BulkLane> LanePool::TakeNewest() {
  const auto newest = std::max_element(ready_.begin(), ready_.end(),
                                       [](const auto& one, const auto& other) { return one->opened < other->opened; });
  if (newest == ready_.end()) return nullptr;
  auto lane = std::move(*newest);
  ready_.erase(newest);
  return lane;
}

std::optional<SteadyTime> LanePool::newest() const {
  std::optional<SteadyTime> newest;
  for (const auto& lane : ready_) newest = std::max(newest.value_or(lane->opened), lane->opened);
  return newest;
}

void LanePool::GiveBack(std::unique_ptr<BulkLane> lane, bool knows_all) {
  const SteadyTime now = parts_.clock.SteadyNow();
  if (knows_all) lane->lacks_since.reset();
  if (!knows_all && !lane->lacks_since) lane->lacks_since = now;
  const bool has_waited = lane->lacks_since && now - *lane->lacks_since >= kEventPatience;
  if (!has_waited || !may_list_ || connecting_.size() >= kMostConnecting) {
    ready_.push_back(std::move(lane));
  } else {
    lane->lacks_since.reset();
    StartConnecting(std::move(lane));
  }
}

void LanePool::DropOlder(SteadyTime moment) {
  for (const auto& lane : ready_) {
    if (lane->opened < moment) lane->Cut();
  }
  std::erase_if(ready_, [&](const auto& lane) { return lane->opened < moment; });
}

std::size_t LanePool::Close(SteadyTime deadline) {
  ready_.clear();
  connecting_.clear();
  return parked_calls_->AwaitClosed(parts_.clock, deadline);
}

}  // namespace vmtelem
