#include "libvirt/source_bounds.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "fakes/eventually.h"
#include "fakes/null_logger.h"
#include "source_fixture.h"

// What sources of one process may take of it, and that they keep out of each other's way.
namespace vmtelem {
namespace {

struct BoundsFixture : SourceFixture {
  SourceBounds bounds;

  std::unique_ptr<Source> MakeOne(const std::string& uri = kNodeUri) {
    return MakeLibvirtSource({.uri = uri}, options, clock, MakeNullLogger(), bounds);
  }
  void AllowThreads(std::size_t count) { bounds.threads = std::make_shared<ThreadBudget>(count); }
};

TEST_CASE_METHOD(BoundsFixture, "without a thread for its control connection a source names this process's bound") {
  AllowThreads(0);
  const auto source = MakeOne();
  const auto collected = source->Collect(snapshot);
  REQUIRE_FALSE(collected);
  CHECK(collected.error().code == ErrorCode::kCannotCreate);
  CHECK(collected.error().message.find("this process's bound of 0 threads") != std::string::npos);
  CHECK(collected.error().hint.find("TasksMax=") != std::string::npos);
}

TEST_CASE_METHOD(BoundsFixture, "without a thread for a lane a source names this process's bound") {
  AllowThreads(1);
  const auto source = MakeOne();
  const auto collected = source->Collect(snapshot);
  REQUIRE_FALSE(collected);
  CHECK(collected.error().message.find("this process's bound of 1 threads") != std::string::npos);
}

TEST_CASE_METHOD(BoundsFixture, "a source with as many threads as it needs collects, without spare lanes") {
  AllowThreads(2);
  const auto source = MakeOne();
  REQUIRE(Eventually([&] { return source->Collect(snapshot).has_value(); }));
  CHECK_FALSE(bounds.threads->Take(ThreadBudget::Use::kNeeded, 1));
  for (int i = 0; i < 3; ++i) CHECK(source->Collect(snapshot).has_value());
}

TEST_CASE_METHOD(BoundsFixture, "a source that is closed gives its threads to another") {
  AllowThreads(2);
  auto first = MakeOne();
  REQUIRE(Eventually([&] { return first->Collect(snapshot).has_value(); }));
  const auto second = MakeOne();
  CHECK_FALSE(second->Collect(snapshot).has_value());
  CHECK(first->Close() == 0);
  CHECK(Eventually([&] { return second->Collect(snapshot).has_value(); }));
}

TEST_CASE_METHOD(BoundsFixture, "the hypervisors of a process are counted until their sources are closed") {
  auto local = MakeOne();
  const auto remote = MakeOne("qemu+tcp://node7/system");
  CHECK(bounds.hosts->all() == 2);
  CHECK(bounds.hosts->local() == 1);
  local->Close();
  CHECK(bounds.hosts->all() == 1);
  CHECK(bounds.hosts->local() == 0);
  local.reset();  // is not counted twice
  CHECK(bounds.hosts->all() == 1);
}

// Its daemons answer nothing from some moment on; each source is closed by a thread of its own.
struct CrowdFixture : BoundsFixture {
  static constexpr std::size_t kSources = 100;
  std::vector<std::unique_ptr<Source>> sources;
  std::mutex held;
  std::condition_variable released;
  bool is_held = false;

  CrowdFixture() {
    hooks.before = [this](const auto&) {
      std::unique_lock lock(held);
      released.wait(lock, [this] { return !is_held; });
      return true;
    };
    for (std::size_t i = 0; i < kSources; ++i) sources.push_back(MakeOne());
  }
  ~CrowdFixture() {
    Hold(false);
    EachInParallel([](Source& source) { return Eventually([&] { return source.Close() == 0; }); });
  }
  void Hold(bool hold) {
    const std::lock_guard guard(held);
    is_held = hold;
    released.notify_all();
  }
  // How many gave true.
  template <class Act>
  std::size_t EachInParallel(Act act) {
    std::atomic<std::size_t> done{0};
    std::vector<std::thread> threads;
    for (const auto& source : sources) {
      threads.emplace_back([&, one = source.get()] { done += act(*one) ? 1 : 0; });
    }
    for (std::thread& thread : threads) thread.join();
    return done;
  }
};

TEST_CASE_METHOD(CrowdFixture, "a hundred sources whose daemons are silent are closed in the time of one") {
  REQUIRE(EachInParallel([](Source& source) {
            Snapshot own;
            return Eventually([&] { return source.Collect(own).has_value(); });
          }) == kSources);
  Hold(true);
  const SteadyTime begin = clock.SteadyNow();
  CHECK(EachInParallel([](Source& source) { return source.Close() > 0; }) == kSources);
  CHECK(clock.SteadyNow() - begin < std::chrono::seconds(5));  // 0.5 s for each would be 50 s
}

TEST_CASE_METHOD(CrowdFixture, "a hundred sources that are being connected are interrupted together") {
  Hold(true);
  std::vector<std::thread> collecting;
  std::atomic<std::size_t> interrupted{0};
  for (const auto& source : sources) {
    collecting.emplace_back([&, one = source.get()] {
      Snapshot own;
      const auto collected = one->Collect(own);
      interrupted += !collected && collected.error().code == ErrorCode::kClosed ? 1 : 0;
    });
  }
  const SteadyTime begin = clock.SteadyNow();
  for (const auto& source : sources) source->Interrupt();
  for (std::thread& thread : collecting) thread.join();
  CHECK(interrupted == kSources);
  CHECK(clock.SteadyNow() - begin < std::chrono::seconds(5));
}

}  // namespace
}  // namespace vmtelem
