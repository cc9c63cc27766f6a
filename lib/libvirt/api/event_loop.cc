#include "libvirt/api/event_loop.h"

#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <utility>

#include <libvirt/libvirt.h>

#include "libvirt/api/virt_error.h"
#include "libvirt/lane/lane.h"

namespace vmtelem {
namespace {

// The mutex is held while a loop starts or ends, so that there is never a second thread that takes the first one's
// turn.
struct OnePerProcess {
  std::mutex mutex;
  std::weak_ptr<EventLoop> running;
};
OnePerProcess& Process() {
  static OnePerProcess process;
  return process;
}

// libxml2, which drivers within this process use, makes its locks at its first use. Two threads that are there at once
// make them twice, and one that waits for the lost one waits for ever. The test driver reads XML when it is opened.
void UseXmlFirst() {
  if (virConnectPtr connection = virConnectOpenReadOnly("test:///default")) virConnectClose(connection);
}

const std::optional<Error>& RegistrationFailure() {
  static const std::optional<Error> failure = []() -> std::optional<Error> {
    if (virEventRegisterDefaultImpl() != 0) return CallError("register the event loop", LastVirtError());
    UseXmlFirst();
    return std::nullopt;
  }();
  return failure;
}

}  // namespace

Result<std::shared_ptr<EventLoop>> EventLoop::Share() {
  const std::lock_guard guard(Process().mutex);
  if (auto running = Process().running.lock()) return running;
  if (RegistrationFailure()) return tl::make_unexpected(*RegistrationFailure());

  const auto stop = std::make_shared<std::atomic<bool>>(false);
  auto for_timer = std::make_unique<StopFlag>(stop);
  // The timer is never due. Its removal is what wakes the thread, see ~EventLoop().
  const int timer = virEventAddTimeout(
      -1, [](int, void*) {}, for_timer.get(),
      [](void* opaque) {
        const std::unique_ptr<StopFlag> flag(static_cast<StopFlag*>(opaque));
        **flag = true;
      });
  if (timer < 0) return tl::make_unexpected(CallError("start the event loop", LastVirtError()));
  static_cast<void>(for_timer.release());

  std::shared_ptr<EventLoop> loop(new EventLoop(stop, timer));
  Process().running = loop;
  return loop;
}

namespace {

// Shows the thread sanitizer that a turn sees all that was done before it: libvirt's loop hands callbacks over under
// locks of glib that the sanitizer does not see.
std::atomic<unsigned> handed_over{0};

struct Turn {
  std::promise<void> done;
  int timer = -1;
  std::mutex mutex;  // the timer is due before its number is known
};

}  // namespace

void EventLoop::AwaitTurn() {
  {
    const std::lock_guard guard(Process().mutex);
    if (Process().running.expired()) return;
  }
  auto turn = std::make_shared<Turn>();
  auto held = std::make_unique<std::shared_ptr<Turn>>(turn);
  {
    const std::lock_guard guard(turn->mutex);
    handed_over.fetch_add(1, std::memory_order_release);
    turn->timer = virEventAddTimeout(
        0,
        [](int, void* opaque) {
          static_cast<void>(handed_over.load(std::memory_order_acquire));
          Turn& due = **static_cast<std::shared_ptr<Turn>*>(opaque);
          const std::lock_guard locked(due.mutex);
          if (due.timer >= 0) virEventRemoveTimeout(std::exchange(due.timer, -1));
        },
        held.get(),
        [](void* opaque) {
          const std::unique_ptr<std::shared_ptr<Turn>> ended(static_cast<std::shared_ptr<Turn>*>(opaque));
          (*ended)->done.set_value();
        });
    if (turn->timer < 0) return;
    static_cast<void>(held.release());
  }
  turn->done.get_future().wait_for(std::chrono::seconds(1));
}

EventLoop::EventLoop(StopFlag stop, int timer) : stop_(std::move(stop)), timer_(timer) {
  thread_ = std::thread([flag = stop_] {
    BlockSigpipe();
    while (!*flag) virEventRunDefaultImpl();
  });
}

// libvirt frees removed handles and timers on the loop's thread, in the order of removal. So the removal of the timer
// wakes the thread, and its callback comes when all earlier ones have been freed.
EventLoop::~EventLoop() {
  if (thread_.get_id() == std::this_thread::get_id()) {
    *stop_ = true;  // at once: by the time the timer ends it may be another loop's thread that runs
    virEventRemoveTimeout(timer_);
    thread_.detach();
    return;
  }
  const std::lock_guard guard(Process().mutex);
  virEventRemoveTimeout(timer_);
  thread_.join();
}

}  // namespace vmtelem
