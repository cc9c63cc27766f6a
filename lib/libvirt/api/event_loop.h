#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "base/result.h"

namespace vmtelem {

// libvirt's default event loop, run by a thread of its own as long as anybody holds it. Without it there are neither
// events nor keepalive. libvirt looks for a registered loop when a connection is opened: hold one before that, and
// until the connection is closed, since a connection whose loop stands still leaves the daemon's keepalive unanswered.
//
// The loop is libvirt's and there is one per process, so its holders share this object whether they know of each other
// or not. Thread-safe. Everything that libvirt calls back runs on its thread and must neither block nor call libvirt.
class EventLoop {
 public:
  // The running loop; starts it if nobody holds one. Fails only if libvirt cannot set up its loop.
  static Result<std::shared_ptr<EventLoop>> Share();

  // Waits, for a second at most, until the loop has turned once, if it runs. A turn frees callbacks that were removed
  // while they ran; libvirt must not hold the last reference to a connection, whose end is a remote call. For the
  // threads of lanes.
  static void AwaitTurn();

  // Ends the thread after its pending work, which includes closing the sockets of closed connections. A callback that
  // drops the last reference cannot wait for itself: the thread is left to end on its own.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

 private:
  using StopFlag = std::shared_ptr<std::atomic<bool>>;  // the thread may outlive this object

  EventLoop(StopFlag stop, int timer);

  const StopFlag stop_;
  const int timer_;
  std::thread thread_;
};

}  // namespace vmtelem
