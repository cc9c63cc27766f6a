#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/notifier.h"
#include "base/result.h"
#include "libvirt/lane/parked_calls.h"
#include "libvirt/lane/thread_budget.h"

// A call into libvirt has no time-out, and only the end of its connection ends it early, where that can be cut: see
// BulkLane::Cut(). So a thread makes it that may be lost.
namespace vmtelem {

// The clock for the lane's thread, safe to use when the clock's owner is gone because the lane was left behind.
class LaneClock {
 public:
  explicit LaneClock(Clock& clock) : clock_(&clock) {}

  // Returns nothing when nobody waits for the answer any more: make no further call then.
  [[nodiscard]] std::optional<Stamp> Now();
  void Abandon();
  // Makes Now() return nothing until the next job begins.
  void GiveUpJob();
  void BeginJob();

 private:
  std::mutex mutex_;
  Clock* clock_;
  bool job_given_up_ = false;
};

// The error of a job that makes no further call, see LaneClock::Now().
inline tl::unexpected<Error> Abandoned() { return Fail(ErrorCode::kTimeout, "the call was given up"); }

// The state that a lane's owner and its thread share. Outlives the owner if the thread does not come back.
class Mailbox {
 public:
  Mailbox(Clock& clock, std::shared_ptr<ParkedCalls> parked_calls, std::shared_ptr<Notifier> notifier)
      : parked_calls_(std::move(parked_calls)), notifier_(std::move(notifier)), clock_(clock) {}

  // For the owner's thread.
  void Post(std::function<void()> job);
  [[nodiscard]] bool idle();
  [[nodiscard]] bool waits();
  // Leaves the thread behind, with the job that it may have.
  ParkedCall LeaveBehind(std::thread thread = {});
  // Nobody waits for the job any more: it makes no further call.
  void GiveUpJob() { clock_.GiveUpJob(); }
  // Asks the thread to end; does not wait for it.
  void Close(SteadyTime now, std::thread thread = {});

  // For the lane's thread.
  void NoteBegun();
  LaneClock& clock() { return clock_; }
  [[nodiscard]] std::function<void()> Take();  // blocks; null: end the thread
  void NoteDone();
  void NoteEnded();

 private:
  const std::shared_ptr<ParkedCalls> parked_calls_;
  const std::shared_ptr<Notifier> notifier_;
  LaneClock clock_;
  std::mutex mutex_;
  std::condition_variable posted_;
  std::function<void()> job_;
  bool idle_ = true;
  pid_t thread_id_ = 0;  // 0: has not begun
  std::optional<ParkedCall> left_behind_;
};

// Blocks SIGPIPE for the calling thread: a write to a daemon that has died then fails, as libvirt expects, instead of
// ending the process.
void BlockSigpipe();

// The answer of a call that may still be under way.
template <class T>
class Pending {
 public:
  Pending() = default;
  explicit Pending(std::shared_ptr<std::optional<T>> answer) : answer_(std::move(answer)) {}

  // Call once, when the lane is idle again.
  [[nodiscard]] T Take() { return std::move(**std::exchange(answer_, nullptr)); }

 private:
  std::shared_ptr<std::optional<T>> answer_;
};

// What a lane gets.
struct LaneParts {
  Clock& clock;  // lives as long as the owner
  std::shared_ptr<ParkedCalls> parked_calls;
  std::shared_ptr<Notifier> notifier;
  ThreadPermit permit{};  // ends with the thread
};

// One thread and the State that it works on (a connection to libvirt with all its objects); no other thread ever
// touches the State, which also dies on the lane's thread. One thread at a time owns and calls the lane; `clock` must
// live as long as the owner, not as long as the thread.
//
// A lane whose call does not return can be left behind: its call is parked, and the thread stays inside libvirt with
// all that the call touches, discards a late answer and ends by itself. Such a lane is of no further use; its owner
// makes another.
template <class State>
class Lane {
 public:
  // Throws std::system_error if there is no thread to be had.
  Lane(std::unique_ptr<State> state, LaneParts parts)
      : clock_(parts.clock), notifier_(parts.notifier), state_(state.get()) {
    mailbox_ = std::make_shared<Mailbox>(parts.clock, std::move(parts.parked_calls), std::move(parts.notifier));
    thread_ = std::thread([mailbox = mailbox_, owned = std::move(state), permit = std::move(parts.permit)]() mutable {
      BlockSigpipe();
      mailbox->NoteBegun();
      while (auto job = mailbox->Take()) {
        job();
        job = nullptr;
        mailbox->NoteDone();
      }
      owned.reset();
      permit = {};
      mailbox->NoteEnded();
    });
  }
  // Never waits. The State is destroyed as soon as the thread is free.
  ~Lane() {
    if (mailbox_ != nullptr) mailbox_->Close(clock_.SteadyNow(), std::move(thread_));
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Whether no call is in progress.
  [[nodiscard]] bool idle() const { return mailbox_->idle(); }

  // Whether the call in progress waits for somebody's answer. If it does not, the thread is at work or waits for this
  // machine, and nothing can be said about the other side. Not for each call, see IsAtWork().
  [[nodiscard]] bool waits() const { return mailbox_->waits(); }

  // Runs `function`, a T(State&, LaneClock&), on the lane's thread, which must be idle. The function and its answer
  // must own all they hold and hold nothing whose destructor blocks.
  template <class Function>
  auto Start(Function function) -> Pending<std::invoke_result_t<Function, State&, LaneClock&>> {
    using Answer = std::invoke_result_t<Function, State&, LaneClock&>;
    auto answer = std::make_shared<std::optional<Answer>>();
    mailbox_->Post([function = std::move(function), answer, state = state_, &clock = mailbox_->clock()]() mutable {
      try {
        answer->emplace(function(*state, clock));
      } catch (const std::exception& error) {
        answer->emplace(Fail(ErrorCode::kInternal, error.what()));
      }
    });
    return Pending<Answer>(std::move(answer));
  }

  // Whether the call was done at the deadline. Ends early, with false, when the notifier is cancelled.
  bool Await(SteadyTime deadline) {
    return notifier_->WaitUntil(clock_, deadline, [this] { return idle(); });
  }

  // Nobody waits for the call any more. The call ends before its next request to libvirt; then the lane is idle again.
  void GiveUpJob() { mailbox_->GiveUpJob(); }

  // Leaves the thread behind with its call, which is parked. Only destruction may follow.
  ParkedCall LeaveBehind() { return std::exchange(mailbox_, nullptr)->LeaveBehind(std::move(thread_)); }

  // Start and Await; kTimeout if there is no answer at the deadline, when the lane is not idle.
  template <class Function>
  auto Call(Function function, SteadyTime deadline) -> std::invoke_result_t<Function, State&, LaneClock&> {
    auto pending = Start(std::move(function));
    if (!Await(deadline)) return Fail(ErrorCode::kTimeout, "no answer in time");
    return pending.Take();
  }

 private:
  Clock& clock_;
  const std::shared_ptr<Notifier> notifier_;
  State* state_;  // owned by the thread
  std::shared_ptr<Mailbox> mailbox_;
  std::thread thread_;
};

// Takes the calls out of `calls` whose `lane` is idle: they have returned.
template <class Call>
std::vector<Call> TakeReturned(std::vector<Call>& calls) {
  const auto returned =
      std::stable_partition(calls.begin(), calls.end(), [](const Call& call) { return !call.lane->idle(); });
  std::vector<Call> taken(std::make_move_iterator(returned), std::make_move_iterator(calls.end()));
  calls.erase(returned, calls.end());
  return taken;
}

}  // namespace vmtelem
