#include "libvirt/lane_pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "libvirt/api/connection_cost.h"

namespace vmtelem {

void LanePool::Resize(Size size) {
  size_ = size;
  while (ready_.size() > size_.needed + size_.spare) ready_.pop_back();
}

void LanePool::Tend(std::size_t out, bool may_list) {
  may_list_ = may_list || (ready_.empty() && out == 0);
  for (Connecting& each : TakeReturned(connecting_)) TakeConnected(std::move(each));
  for (Connecting& each : connecting_) {
    if (each.probe_times.Take(parts_.clock.SteadyNow() - each.since)) each.lane->Probe();
  }
  const std::size_t lanes = ready_.size() + connecting_.size() + out;
  if (lanes >= size_.needed + size_.spare) return;
  Connect(lanes < size_.needed ? ThreadBudget::Use::kNeeded : ThreadBudget::Use::kSpare);
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

void LanePool::ConnectAnother() { Connect(ThreadBudget::Use::kNeeded); }

void LanePool::Connect(ThreadBudget::Use use) {
  if (!MayConnect()) return;
  if (auto lane = Make(use)) StartConnecting(std::move(lane));
}

bool LanePool::MayConnect() const {
  const SteadyTime now = parts_.clock.SteadyNow();
  if (!may_list_ || connecting_.size() >= kMostConnecting || !parts_.pause.MayTry(now)) return false;
  if (connecting_.empty()) return true;
  // One more attempt does not help against a lack of time of this machine.
  return now - connecting_.back().since >= kConnectPatience && connecting_.back().lane->waits();
}

std::unique_ptr<BulkLane> LanePool::Make(ThreadBudget::Use use) {
  auto permit = parts_.bounds.threads->Take(use, 1 + CostOfConnection(uri_).processes);
  if (!permit) {
    if (use == ThreadBudget::Use::kNeeded) fault_ = NoThreadFor(uri_, *parts_.bounds.threads);
    return nullptr;
  }
  try {
    return std::make_unique<BulkLane>(uri_, parts_.bounds.descriptors,
                                      LaneParts{parts_.clock, parked_calls_, notifier_, std::move(*permit)});
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
  const SteadyTime until = connecting_.back().since + kConnectPatience;
  const SteadyTime now = parts_.clock.SteadyNow();
  return now < until || connecting_.back().lane->waits() ? until : now + kConnectPatience / 10;
}

bool LanePool::is_at_work() const {
  return std::any_of(connecting_.begin(), connecting_.end(),
                     [](const Connecting& each) { return !each.lane->waits(); });
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
