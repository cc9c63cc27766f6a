#include "libvirt/lane/parked_calls.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "libvirt/lane/thread_activity.h"
#include "libvirt/lane/thread_waits.h"

namespace vmtelem {
namespace {

// What a thread that was cut off does next takes so long: libvirt gives a child 10 ms to end.
constexpr Nanoseconds kCutStep = std::chrono::milliseconds(20);

}  // namespace

// The last one to hold this object may be one of its threads.
ParkedCalls::~ParkedCalls() {
  for (std::thread& thread : ended_) thread.detach();
  for (auto& [id, left] : threads_) {
    if (left.thread.handle.joinable()) left.thread.handle.detach();
  }
}

ParkedCall ParkedCalls::Park(LaneThread thread) { return Enter(SteadyTime::min(), std::move(thread)); }

ParkedCall ParkedCalls::NoteClosing(SteadyTime now, LaneThread thread) {
  return Enter(now + kClosingPatience, std::move(thread));
}

ParkedCall ParkedCalls::Enter(SteadyTime blocked_from, LaneThread thread) {
  JoinEnded();
  const std::lock_guard guard(mutex_);
  threads_.emplace(++last_id_, Left{blocked_from, std::move(thread)});
  return {shared_from_this(), last_id_};
}

void ParkedCalls::Leave(const ParkedCall& call) {
  const std::lock_guard guard(mutex_);
  const auto found = threads_.find(call.id_);
  if (found == threads_.end()) return;
  if (found->second.thread.handle.joinable()) ended_.push_back(std::move(found->second.thread.handle));
  threads_.erase(found);
  left_.notify_all();
}

void ParkedCalls::JoinEnded() {
  std::vector<std::thread> ended;
  {
    const std::lock_guard guard(mutex_);
    ended.swap(ended_);
  }
  for (std::thread& thread : ended) thread.join();
}

bool ParkedCalls::Holds(std::uint64_t id) const {
  const std::lock_guard guard(mutex_);
  return threads_.contains(id);
}

std::size_t ParkedCalls::blocked(SteadyTime now) const {
  const std::lock_guard guard(mutex_);
  return BlockedLocked(now);
}

std::size_t ParkedCalls::BlockedLocked(SteadyTime now) const {
  return static_cast<std::size_t>(std::count_if(threads_.begin(), threads_.end(), [&](const auto& thread) {
    return thread.second.counts && thread.second.blocked_from <= now;
  }));
}

void ParkedCalls::Discount() {
  const std::lock_guard guard(mutex_);
  for (auto& [id, left] : threads_) left.counts = false;
}

std::size_t ParkedCalls::AwaitClosed(Clock& clock, SteadyTime deadline) {
  std::size_t left = 0;
  {
    std::unique_lock lock(mutex_);
    clock.WaitUntil(lock, left_, deadline, [&] {
      return std::all_of(threads_.begin(), threads_.end(),
                         [](const auto& thread) { return thread.second.blocked_from == SteadyTime::min(); });
    });
    left = threads_.size();
  }
  JoinEnded();
  return left;
}

// A child that ignores the first signal, or is stopped, gets one that it cannot ignore.
std::size_t ParkedCalls::CutOff(Clock& clock, SteadyTime deadline) {
  std::size_t left = 0;
  {
    std::unique_lock lock(mutex_);
    const auto none_is_left = [this] { return threads_.empty(); };
    const bool is_of_use = EndWaitsLocked(SIGTERM);
    for (SteadyTime now = clock.SteadyNow(); is_of_use && now < deadline; now = clock.SteadyNow()) {
      if (clock.WaitUntil(lock, left_, std::min(deadline, now + kCutStep), none_is_left)) break;
      EndWaitsLocked(SIGKILL);
    }
    left = threads_.size();
  }
  JoinEnded();
  return left;
}

// None of the threads ends meanwhile: to do so it has to enter Leave().
bool ParkedCalls::EndWaitsLocked(int child_signal) {
  bool any = false;
  for (const auto& [id, left] : threads_) {
    if (left.thread.id == 0) continue;
    any = EndWaits(left.thread.id, child_signal) || IsAtWork(left.thread.id) || any;
  }
  return any;
}

}  // namespace vmtelem
