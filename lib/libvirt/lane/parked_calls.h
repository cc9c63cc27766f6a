#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"

namespace vmtelem {

class ParkedCalls;

// The thread of a lane: to be joined, and by the kernel's number, 0 if it makes no call any more.
struct LaneThread {
  std::thread handle{};
  pid_t id = 0;
};

// A call that was given up and the thread that is in it. A value; may be copied and outlive everything.
class ParkedCall {
 public:
  // Whether libvirt has let the thread go.
  [[nodiscard]] bool returned() const;
  // For an owner that waits for the call and has kept its thread: the call has returned.
  void NoteReturned() const;

 private:
  friend class ParkedCalls;
  ParkedCall(std::shared_ptr<ParkedCalls> parked_calls, std::uint64_t id)
      : parked_calls_(std::move(parked_calls)), id_(id) {}

  std::shared_ptr<ParkedCalls> parked_calls_;
  std::uint64_t id_;
};

// The calls that were given up, and their threads, until these end. Each may pin one of the daemon's 20 workers. Shared
// with these threads. Thread-safe.
class ParkedCalls : public std::enable_shared_from_this<ParkedCalls> {
 public:
  // Closing a connection is a remote call of its own; one that takes longer than this counts as blocked like any other.
  static constexpr Nanoseconds kClosingPatience = std::chrono::seconds(1);

  ParkedCalls() = default;
  ~ParkedCalls();  // detaches the threads that have not ended
  ParkedCalls(const ParkedCalls&) = delete;
  ParkedCalls& operator=(const ParkedCalls&) = delete;

  // For the owner of the lanes; takes the lane's thread over.
  [[nodiscard]] ParkedCall Park(LaneThread thread = {});
  [[nodiscard]] ParkedCall NoteClosing(SteadyTime now, LaneThread thread = {});

  // For the lane's thread, as the last thing that it does.
  void Leave(const ParkedCall& call);

  [[nodiscard]] bool Holds(std::uint64_t id) const;
  // How many calls are blocked, without the connections that are just being closed.
  [[nodiscard]] std::size_t blocked(SteadyTime now) const;
  // The calls that are blocked now pin no worker of the new daemon: stops counting them as blocked.
  void Discount();
  // Waits until all connections have been closed that are being closed; returns the number of threads that are left.
  std::size_t AwaitClosed(Clock& clock, SteadyTime deadline);
  // Nobody needs any of the calls any more: cuts the sockets that the threads wait for and ends the children that they
  // have started, whether a connection is open or still being opened. Again and again, as long as that is of use, until
  // all threads have ended or until `deadline`, but once in any case. Returns the number of threads that are left.
  std::size_t CutOff(Clock& clock, SteadyTime deadline);

 private:
  struct Left {
    SteadyTime blocked_from;  // from when on it counts as blocked
    LaneThread thread;
    bool counts = true;
  };
  ParkedCall Enter(SteadyTime blocked_from, LaneThread thread);
  [[nodiscard]] std::size_t BlockedLocked(SteadyTime now) const;
  // Whether any thread waited for something that could be ended, or is on its way.
  bool EndWaitsLocked(int child_signal);
  // A thread has ended only when it was joined; until then it may still destroy thread-local objects of libraries.
  void JoinEnded();

  mutable std::mutex mutex_;
  std::condition_variable left_;
  std::map<std::uint64_t, Left> threads_;  // by id
  std::vector<std::thread> ended_;
  std::uint64_t last_id_ = 0;
};

inline bool ParkedCall::returned() const { return !parked_calls_->Holds(id_); }
inline void ParkedCall::NoteReturned() const { parked_calls_->Leave(*this); }

}  // namespace vmtelem
