#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

// A call into libvirt has no time-out and cannot be cancelled. So it is made on a thread that may be lost.
namespace vmtelem {

// How many lanes of one source are parked, and how many may be: each of them pins a worker of the daemon, of which
// there are 20 for everybody. Shared with the parked threads, which leave when libvirt lets them go. Thread-safe.
class ParkingLot {
 public:
  explicit ParkingLot(std::size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] std::size_t parked() const { return parked_; }
  [[nodiscard]] bool full() const { return parked_ >= capacity_; }
  void Enter() { ++parked_; }
  void Leave() { --parked_; }

 private:
  const std::size_t capacity_;
  std::atomic<std::size_t> parked_{0};
};

// The clock as a lane's thread may use it. Once the lane is left behind, the clock's owner may be gone.
class LaneClock {
 public:
  explicit LaneClock(Clock& clock) : clock_(&clock) {}

  // Nothing: nobody waits for the answer any more, so make no further call.
  [[nodiscard]] std::optional<Stamp> Now();
  void Abandon();

 private:
  std::mutex mutex_;
  Clock* clock_;
};

// What a lane's owner and its thread share. Outlives the owner if the thread does not come back.
class Mailbox {
 public:
  Mailbox(Clock& clock, std::shared_ptr<ParkingLot> lot) : lot_(std::move(lot)), clock_(clock) {}

  // For the owner's thread.
  void Post(std::function<void()> job);
  // False: parked, for good, because of the deadline or because `cancel` was requested.
  bool Await(Clock& clock, SteadyTime deadline, const std::stop_token& cancel);
  bool Close(Clock& clock, SteadyTime deadline);  // false likewise; true: the thread has no more to do
  [[nodiscard]] bool parked();

  // For the lane's thread.
  LaneClock& clock() { return clock_; }
  [[nodiscard]] std::function<void()> Take();  // blocks; nothing: end
  void NoteDone();
  void NoteEnded();

 private:
  bool ParkUnless(bool met);

  const std::shared_ptr<ParkingLot> lot_;
  LaneClock clock_;
  std::mutex mutex_;
  std::condition_variable posted_, answered_;
  std::function<void()> job_;
  bool done_ = true;
  bool closing_ = false;
  bool parked_ = false;
  bool ended_ = false;
};

// For the calling thread alone: a write to a daemon that has died fails, as libvirt expects, instead of ending the
// process.
void BlockSigpipe();

// One thread with the one State that it works on (a connection to libvirt and what hangs on it); no other thread ever
// touches the State, which also dies on the lane's thread. One thread at a time owns and calls the lane; `clock` must
// live as long as the owner, not as long as the thread.
//
// A call that misses its deadline *parks* the lane: the thread is left behind inside libvirt with all that the call
// touches. It discards what arrives late and ends by itself. A parked lane is of no further use; its owner makes
// another.
template <class State>
class Lane {
 public:
  // A call also counts as missed as soon as `cancel` is requested.
  Lane(std::unique_ptr<State> state, Clock& clock, std::shared_ptr<ParkingLot> lot, std::stop_token cancel = {})
      : clock_(clock),
        cancel_(std::move(cancel)),
        state_(state.get()),
        mailbox_(std::make_shared<Mailbox>(clock, std::move(lot))) {
    thread_ = std::thread([mailbox = mailbox_, owned = std::move(state)]() mutable {
      BlockSigpipe();
      while (auto job = mailbox->Take()) {
        job();
        mailbox->NoteDone();
      }
      owned.reset();
      mailbox->NoteEnded();
    });
  }
  // Waits kCloseTimeout for the State to be destroyed, not at all if the lane is parked.
  ~Lane() {
    if (!mailbox_->parked() && mailbox_->Close(clock_, clock_.SteadyNow() + kCloseTimeout)) {
      thread_.join();
    } else {
      thread_.detach();
    }
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  [[nodiscard]] bool parked() const { return mailbox_->parked(); }

  // Runs `function`, a Result<T>(State&, LaneClock&), on the lane's thread, and gives its answer, or kTimeout if there
  // is none at the deadline. The function and its answer must own all they hold and hold nothing whose destructor
  // blocks.
  template <class Function>
  auto Call(Function function, SteadyTime deadline) -> std::invoke_result_t<Function, State&, LaneClock&> {
    using Answer = std::invoke_result_t<Function, State&, LaneClock&>;
    const auto answer = std::make_shared<std::optional<Answer>>();
    if (parked()) return Fail(ErrorCode::kTimeout, "an earlier call has not returned");
    mailbox_->Post([function = std::move(function), answer, state = state_, &clock = mailbox_->clock()]() mutable {
      try {
        answer->emplace(function(*state, clock));
      } catch (const std::exception& error) {
        answer->emplace(Fail(ErrorCode::kInternal, error.what()));
      }
    });
    if (!mailbox_->Await(clock_, deadline, cancel_)) return Fail(ErrorCode::kTimeout, "no answer in time");
    return std::move(**answer);
  }

 private:
  // Closing a connection is a remote call of its own. Beyond this a stop is not worth delaying.
  static constexpr Nanoseconds kCloseTimeout = std::chrono::seconds(2);

  Clock& clock_;
  const std::stop_token cancel_;
  State* state_;  // owned by the thread
  std::shared_ptr<Mailbox> mailbox_;
  std::thread thread_;
};

}  // namespace vmtelem
