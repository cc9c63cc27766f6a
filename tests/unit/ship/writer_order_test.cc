#include <catch2/catch.hpp>

#include "ship/writer.h"
#include "writer_world.h"

namespace vmtelem {
namespace {

constexpr std::size_t kFirstOld = 500'000;  // lines from here on were left by another process

// A writer with a spool on disk that holds a backlog.
class BacklogWorld : public WriterWorld {
 public:
  BacklogWorld() { spool = &disk; }

  void LeaveBacklog(std::size_t batches, std::size_t lines) {
    for (std::size_t i = 0; i < batches; ++i) {
      disk.Leave(SampleBatch(kFirstOld + left, lines));
      left += lines;
    }
  }
  static bool IsOld(const FakeTarget::Request& request) { return FirstNumber(request) >= kFirstOld; }
  static std::size_t FirstNumber(const FakeTarget::Request& request) { return std::stoul(request.bytes.substr(4, 6)); }

  // Requests that began before then.
  [[nodiscard]] std::vector<FakeTarget::Request> RequestsBefore(Nanoseconds when, bool old) const {
    std::vector<FakeTarget::Request> found;
    for (std::size_t i = 0; i < target.requests.size(); ++i) {
      if (target.RequestAt(i) < when && IsOld(target.requests[i]) == old) found.push_back(target.requests[i]);
    }
    return found;
  }
  [[nodiscard]] std::size_t OldLinesBefore(Nanoseconds when) const {
    std::size_t lines = 0;
    for (const auto& request : RequestsBefore(when, true)) lines += request.lines;
    return lines;
  }
  [[nodiscard]] bool AllOldStored() const {
    for (std::size_t i = kFirstOld; i < kFirstOld + left; ++i) {
      if (target.stored.count(SampleLine(i)) != 1) return false;
    }
    return true;
  }
  // The longest that a new line waited to be sent, from its push every second on.
  [[nodiscard]] Nanoseconds LongestWait(std::size_t lines_per_s) const {
    Nanoseconds longest{};
    for (const auto& request : RequestsBefore(hours(24 * 365), false)) {
      const auto pushed_at = seconds(FirstNumber(request) / lines_per_s);
      longest = std::max(longest, request.at - target.requests.front().at + target.RequestAt(0) - pushed_at);
    }
    return longest;
  }

  std::size_t left = 0;
};

TEST_CASE("what another process left is delivered, oldest first, and is accounted for") {
  BacklogWorld world;
  world.LeaveBacklog(5, 4000);
  world.StopAt(seconds(10));
  world.Run();
  CHECK(world.AllOldStored());
  CHECK(world.counts().recovered == 20'000);
  CHECK(world.counts().written == 20'000);
  CHECK(world.adds_up);
  std::size_t next = kFirstOld;
  for (const auto& request : world.target.requests) {
    CHECK(BacklogWorld::FirstNumber(request) == next);
    next += request.lines;
  }
}

TEST_CASE("what another process adds meanwhile is taken over within a second") {
  BacklogWorld world;
  world.target.At(seconds(5) + milliseconds(1), [&] { world.LeaveBacklog(1, 7); });
  world.StopAt(seconds(10));
  world.Run();
  REQUIRE(world.target.requests.size() == 1);
  CHECK(world.target.RequestAt(0) <= seconds(6) + milliseconds(1));
  CHECK(world.counts().recovered == 7);
}

TEST_CASE("new lines do not wait for a backlog") {
  for (const std::size_t slots : {1U, 2U, 4U}) {
    INFO(slots << " in flight");
    BacklogWorld world;
    world.options.writes_in_flight = slots;
    world.target.latency = milliseconds(300);
    world.LeaveBacklog(40, 5000);
    world.PushEvery(seconds(1), 100, 60);
    world.StopAt(minutes(2));
    world.Run();
    CHECK(world.LongestWait(100) <= seconds(1) + milliseconds(slots == 1 ? 300 : 0));
    CHECK(world.AllOldStored());
    CHECK(world.AllStoredBut({}) == false);  // the backlog is stored as well
  }
}

TEST_CASE("a backlog goes at a hundred thousand lines a second where few are new") {
  BacklogWorld world;
  world.LeaveBacklog(100, 2000);
  world.PushEvery(seconds(1), 100, 60);
  world.StopAt(minutes(1));
  world.Run();
  CHECK(world.OldLinesBefore(seconds(1)) >= 100'000 - 10'000);
  CHECK(world.OldLinesBefore(seconds(1)) <= 100'000 + 10'000);
}

TEST_CASE("a backlog goes at a multiple of the rate of new lines where they are many") {
  BacklogWorld world;
  world.options.backlog_rate = 40;
  world.target.At(seconds(30), [&] { world.LeaveBacklog(240, 2000); });
  world.PushEvery(seconds(1), 5000, 90);
  world.StopAt(seconds(90));
  world.Run();
  const std::size_t in_a_second = world.OldLinesBefore(seconds(32)) - world.OldLinesBefore(seconds(31));
  CHECK(in_a_second > 150'000);
  CHECK(in_a_second < 220'000);
}

TEST_CASE("a backlog leaves the last slot free for new lines") {
  for (const std::size_t slots : {2U, 4U}) {
    BacklogWorld world;
    world.options.writes_in_flight = slots;
    world.target.latency = seconds(1);
    world.LeaveBacklog(40, 10'000);
    std::size_t most = 0;
    const auto inner = world.target.after_wait;
    world.target.after_wait = [&] {
      inner();
      if (world.target.elapsed() < seconds(12)) most = std::max(most, world.target.in_flight);
    };
    world.StopAt(seconds(12));
    world.Run();
    CHECK(most == slots - 1);
  }
}

TEST_CASE("a backlog gets on although new lines always occupy a slot") {
  BacklogWorld world;
  world.options.writes_in_flight = 2;
  world.target.latency = milliseconds(2500);
  world.LeaveBacklog(10, 10'000);
  world.PushEvery(seconds(1), 100, 120);
  world.StopAt(minutes(2));
  world.Run();
  CHECK(world.OldLinesBefore(minutes(2)) == 100'000);
  const auto old = world.RequestsBefore(minutes(2), true);
  CHECK(old[1].at - old[0].at >= seconds(6));  // the first one began before there was a new line
  for (std::size_t i = 2; i < old.size(); ++i) CHECK(old[i].at - old[i - 1].at >= seconds(5));
  CHECK(world.LongestWait(100) <= seconds(4));
}

TEST_CASE("with one request in flight new lines and the backlog take turns") {
  BacklogWorld world;
  world.options.writes_in_flight = 1;
  world.target.latency = seconds(2);
  world.LeaveBacklog(10, 10'000);
  world.PushEvery(seconds(1), 10, 60);
  world.StopAt(minutes(1), seconds(1));
  world.Run();
  for (std::size_t i = 1; i < 18; ++i) {
    CHECK(BacklogWorld::IsOld(world.target.requests[i]) != BacklogWorld::IsOld(world.target.requests[i - 1]));
  }
}

TEST_CASE("small batches that wait go as one request of at most ten thousand lines") {
  BacklogWorld world;
  world.LeaveBacklog(100, 240);
  world.StopAt(seconds(10));
  world.Run();
  REQUIRE(world.target.requests.size() == 3);
  CHECK(world.target.requests[0].lines == 9840);
  CHECK(world.target.requests[1].lines == 9840);
  CHECK(world.AllOldStored());
  CHECK(world.disk.stats().batches == 0);
}

TEST_CASE("a database that is slow with each request gets larger ones and keeps up") {
  BacklogWorld world;
  world.target.latency = seconds(7);
  world.PushEvery(seconds(1), 100, 120);
  world.StopAt(seconds(121), minutes(1));
  world.Run();
  CHECK(world.AllStoredBut({}));
  CHECK(world.target.requests.size() <= 2 * 120 / 7 + 3);
  CHECK(world.LongestWait(100) <= seconds(8));
}

TEST_CASE("after an outage a small batch is the probe, and the newest lines arrive within two seconds of it") {
  BacklogWorld world;
  world.LeaveBacklog(20, 10'000);
  world.target.answer = [&](const Batch&) {
    return world.target.elapsed() < minutes(10) ? Say(Action::kRetry) : Verdict{};
  };
  world.PushEvery(seconds(1), 240, 700);
  Nanoseconds first{}, newest{};
  const auto inner = world.target.after_wait;
  world.target.after_wait = [&] {
    inner();
    const auto newest_line = static_cast<std::size_t>(first / seconds(1)) * 240;
    if (first == Nanoseconds{} && !world.target.stored.empty()) first = world.target.elapsed();
    if (first > Nanoseconds{} && newest == Nanoseconds{} && world.target.stored.count(SampleLine(newest_line)) > 0) {
      newest = world.target.elapsed();
    }
  };
  world.StopAt(minutes(13));
  world.Run();
  CHECK(newest - first <= seconds(2));
  for (std::size_t i = 1; world.target.RequestAt(i) < minutes(10); ++i) {
    CHECK((BacklogWorld::IsOld(world.target.requests[i]) || world.target.requests[i].lines <= 2 * 240));
  }
  CHECK(world.AllOldStored());
}

TEST_CASE("after a day without the database new lines go first and the backlog follows in order") {
  BacklogWorld world;
  world.target.answer = [&](const Batch&) {
    return world.target.elapsed() < hours(24) ? Say(Action::kRetry) : Verdict{};
  };
  world.PushEvery(seconds(1), 4, 86'400 + 200);
  world.StopAt(hours(24) + seconds(230));
  world.Run();
  CHECK(world.AllStoredBut({}));
  CHECK(world.disk.most_handed_out < 2600);  // as many small ones as make one request, for two slots
  std::size_t last = 0, old_requests = 0;
  bool in_order = true;
  for (std::size_t i = 0; i < world.target.requests.size(); ++i) {
    const std::size_t number = BacklogWorld::FirstNumber(world.target.requests[i]);
    if (world.target.requests[i].lines < 100) continue;  // before the database was back, and new ones
    ++old_requests;
    in_order = in_order && number > last;
    last = number;
  }
  CHECK(in_order);
  CHECK(old_requests >= 30);
}

TEST_CASE("a stop sends the backlog as fast as the database takes it, in all slots") {
  BacklogWorld world;
  world.target.latency = milliseconds(100);
  world.LeaveBacklog(40, 10'000);
  world.StopAt(milliseconds(1));
  world.Run();
  CHECK(world.AllOldStored());
  CHECK(world.target.elapsed() < seconds(3));
}

}  // namespace
}  // namespace vmtelem
