#include "libvirt/api/event_loop.h"

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <string>

#include <catch2/catch.hpp>
#include <libvirt/libvirt.h>
#include <signal.h>
#include <unistd.h>

#include "fakes/eventually.h"

namespace vmtelem {
namespace {

// Shows the thread sanitizer that work done before one turn is seen after the next: libvirt's loop hands callbacks
// over under locks of glib that it does not see.
void TakeTurn() {
  static std::atomic<int> turns{0};
  ++turns;
}

using Job = std::function<void()>;

// Has libvirt's loop call `job` once.
void Post(Job job) {
  const auto run = [](int timer, void* opaque) {
    TakeTurn();
    virEventRemoveTimeout(timer);
    (*static_cast<Job*>(opaque))();
    TakeTurn();
  };
  const auto free = [](void* opaque) {
    TakeTurn();
    delete static_cast<Job*>(opaque);
  };
  auto* owned = new Job(std::move(job));
  TakeTurn();
  virEventAddTimeout(0, run, owned, free);
}

// What `question` gives on the loop's thread.
template <class Answer>
Answer AskLoop(std::function<Answer()> question) {
  const auto answer = std::make_shared<std::promise<Answer>>();
  auto future = answer->get_future();
  Post([answer, question] { answer->set_value(question()); });
  REQUIRE(future.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  return future.get();
}

pid_t LoopThread() { return AskLoop<pid_t>(::gettid); }

bool Ends(pid_t thread) {
  return Eventually([=] { return !std::filesystem::exists("/proc/self/task/" + std::to_string(thread)); });
}

std::shared_ptr<EventLoop> Share() {
  auto loop = EventLoop::Share();
  REQUIRE(loop.has_value());
  return *loop;
}

TEST_CASE("the loop runs on a thread of its own") {
  const auto loop = Share();
  CHECK(LoopThread() != ::gettid());
}

TEST_CASE("holders share one loop, which goes on until the last of them lets go") {
  auto first = Share();
  auto second = Share();
  CHECK(first == second);
  const pid_t thread = LoopThread();
  first.reset();
  CHECK(LoopThread() == thread);
  second.reset();
  CHECK(Ends(thread));
}

TEST_CASE("the loop can be started again after it has ended, as often as one likes") {
  for (int i = 0; i < 5; ++i) {
    const auto loop = Share();
    CHECK(LoopThread() != ::gettid());
  }
}

TEST_CASE("a loop that is shared while the former one ends runs") {
  auto former = Share();
  std::thread holder([held = std::move(former)]() mutable { held.reset(); });
  const auto loop = Share();
  holder.join();
  CHECK(LoopThread() != ::gettid());
}

TEST_CASE("a broken pipe on the loop's thread is an error and not the end of the process") {
  const auto loop = Share();
  CHECK(AskLoop<bool>([] {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return sigismember(&mask, SIGPIPE) == 1;
  }));
}

TEST_CASE("everything that was removed from the loop is freed before it ends") {
  auto loop = Share();
  std::atomic<bool> freed{false};
  const auto free = [](void* opaque) {
    TakeTurn();
    *static_cast<std::atomic<bool>*>(opaque) = true;
  };
  TakeTurn();
  const int timer = virEventAddTimeout(
      -1, [](int, void*) {}, &freed, free);
  virEventRemoveTimeout(timer);
  loop.reset();
  CHECK(freed);
}

struct LastHolder {
  std::shared_ptr<EventLoop> loop;
  std::promise<void> dropped;
};

TEST_CASE("a callback may drop the last reference to the loop that it runs on") {
  LastHolder holder{Share(), {}};
  const pid_t thread = LoopThread();
  const auto drop = [](int timer, void* opaque) {
    TakeTurn();
    virEventRemoveTimeout(timer);
    static_cast<LastHolder*>(opaque)->loop.reset();
    static_cast<LastHolder*>(opaque)->dropped.set_value();
  };
  TakeTurn();
  virEventAddTimeout(0, drop, &holder, nullptr);
  holder.dropped.get_future().wait();
  CHECK(Ends(thread));
  const auto next = Share();
  CHECK(LoopThread() != thread);
}

TEST_CASE("a thread that waits for a turn of the loop goes on when the due work has been done") {
  const auto loop = *EventLoop::Share();
  for (int i = 0; i < 20; ++i) {
    std::atomic<bool> done{false};
    Post([&] { done = true; });
    EventLoop::AwaitTurn();
    CHECK(Eventually([&] { return done.load(); }));
  }
}

TEST_CASE("without a running loop nobody waits for its turn") {
  const auto begin = std::chrono::steady_clock::now();
  EventLoop::AwaitTurn();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace vmtelem
