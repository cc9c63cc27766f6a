#include "agent/collectors.h"

#include <atomic>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "fakes/eventually.h"
#include "fakes/fake_source.h"
#include "fakes/null_logger.h"

// Several hypervisors in one process.
namespace vmtelem {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

Hypervisor Named(const std::string& name) { return {.name = name, .uri = "fake:///" + name}; }

// What a test sees of the source of one hypervisor, which the collector owns.
struct Seen {
  std::atomic<int> collects = 0, closes = 0;
  std::atomic<bool> interrupted = false, closed = false;
};

// A hypervisor that answers, or hangs in each call until it is interrupted.
class WatchedSource final : public Source {
 public:
  WatchedSource(Clock& clock, std::string name, bool hangs, std::shared_ptr<Seen> seen)
      : source_(clock), hangs_(hangs), seen_(std::move(seen)) {
    source_.name = std::move(name);
    source_.domains = {MakeDomain("web", 1)};
  }
  [[nodiscard]] const std::string& host() const override { return source_.host(); }
  Result<void> Collect(Snapshot& snapshot) override {
    ++seen_->collects;
    while (hangs_ && !seen_->interrupted) std::this_thread::sleep_for(1ms);
    if (hangs_) source_.failure = Error{ErrorCode::kClosed, "interrupted", {}};
    return source_.Collect(snapshot);
  }
  Result<std::vector<DomainInfo>> List(ListScope scope) override { return source_.List(scope); }
  void Interrupt() noexcept override { seen_->interrupted = true; }
  std::size_t Close() noexcept override {
    seen_->closed = true;
    ++seen_->closes;
    return hangs_ ? 1 : 0;
  }

 private:
  FakeSource source_;
  const bool hangs_;
  std::shared_ptr<Seen> seen_;
};

struct Fleet {
  explicit Fleet(Nanoseconds interval = 20ms) : options{.interval = interval, .encode = {}} {}

  std::unique_ptr<Source> Make(const Hypervisor& hypervisor) {
    auto& one = seen[hypervisor.name];
    one = std::make_shared<Seen>();
    return std::make_unique<WatchedSource>(clock, hypervisor.name, hanging.count(hypervisor.name) > 0, one);
  }
  // Whether the hypervisor is sampled from now on.
  bool IsSampled(const std::string& name, int times = 2) {
    const int before = seen.at(name)->collects;
    return Eventually([&] { return seen.at(name)->collects >= before + times; });
  }

  SystemClock clock;
  CollectorOptions options;
  std::set<std::string> hanging;
  std::map<std::string, std::shared_ptr<Seen>> seen;
  Ledger ledger;
  LineQueue queue{64 << 20, ledger, [] {}};
  Collectors collectors{
      options, [this](const Hypervisor& hypervisor) { return Make(hypervisor); }, {queue, clock}, MakeNullLogger()};
};

TEST_CASE_METHOD(Fleet, "each hypervisor is sampled under its name") {
  collectors.Collect({Named("a"), Named("b")});
  REQUIRE(IsSampled("a"));
  REQUIRE(IsSampled("b"));
  collectors.Stop();
  const std::string lines = queue.TakeAll().bytes;
  CHECK_THAT(lines, Contains("vm_totals,host=a,vm=web") && Contains("vm_totals,host=b,vm=web"));
}

TEST_CASE_METHOD(Fleet, "what is known of each hypervisor is given in their order, of one that never answered too") {
  hanging = {"b"};
  collectors.Collect({Named("c"), Named("b"), Named("a")});
  REQUIRE(IsSampled("a"));
  REQUIRE(IsSampled("c"));
  const std::vector<CollectorStats> each = collectors.host_stats();
  REQUIRE(each.size() == 3);
  CHECK(each[0].host == "c");
  CHECK(each[0].up == true);
  CHECK(each[1].host == "b");
  CHECK_FALSE(each[1].up);
  CHECK(each[2].host == "a");
  CHECK(each[2].up == true);
}

TEST_CASE_METHOD(Fleet, "of a hypervisor that has left nothing is given") {
  collectors.Collect({Named("a"), Named("b")});
  REQUIRE(IsSampled("a"));
  collectors.Collect({Named("b")});
  REQUIRE(collectors.host_stats().size() == 1);
  CHECK(collectors.host_stats()[0].host == "b");
}

TEST_CASE_METHOD(Fleet, "a hypervisor that hangs keeps no other from being sampled") {
  hanging = {"a"};
  collectors.Collect({Named("a"), Named("b")});
  CHECK(IsSampled("b", 10));
  CHECK(seen["a"]->collects == 1);
}

TEST_CASE_METHOD(Fleet, "a stop interrupts all hypervisors at once and closes each") {
  hanging = {"a", "b", "c"};
  collectors.Collect({Named("a"), Named("b"), Named("c"), Named("d")});
  REQUIRE(Eventually([&] { return seen["c"]->collects > 0; }));
  collectors.Stop();
  CHECK(collectors.Close() == 3);
  for (const char* name : {"a", "b", "c", "d"}) CHECK(seen[name]->closed);
}

TEST_CASE_METHOD(Fleet, "nothing is sampled after a stop") {
  collectors.Collect({Named("a"), Named("b")});
  REQUIRE(IsSampled("a"));
  collectors.Stop();
  const std::uint64_t sampled = ledger.counts().sampled;
  const int collects = seen["a"]->collects;
  std::this_thread::sleep_for(3 * options.interval);
  CHECK(ledger.counts().sampled == sampled);
  CHECK(seen["a"]->collects == collects);
}

TEST_CASE_METHOD(Fleet, "a hypervisor that joins is sampled and one that leaves is closed; the others go on") {
  collectors.Collect({Named("a"), Named("b")});
  REQUIRE(IsSampled("b"));
  const auto stays = seen["b"];
  const Collectors::Change change = collectors.Collect({Named("b"), Named("c")});
  CHECK(change.joined == 1);
  CHECK(change.left == 1);
  CHECK(IsSampled("c"));
  CHECK(seen["b"] == stays);  // the same source
  CHECK(Eventually([&] { return seen["a"]->closed.load(); }));
  CHECK(IsSampled("b"));
}

TEST_CASE_METHOD(Fleet, "a hypervisor that leaves while a call to it hangs keeps nobody waiting") {
  hanging = {"a"};
  collectors.Collect({Named("a"), Named("b")});
  REQUIRE(Eventually([&] { return seen["a"]->collects > 0; }));
  collectors.Collect({Named("b")});
  CHECK(IsSampled("b"));
  CHECK(Eventually([&] { return seen["a"]->closed.load(); }));
  collectors.Stop();
  CHECK(collectors.Close() == 1);
}

TEST_CASE_METHOD(Fleet, "a hypervisor that has left is closed again as long as a call to it has not returned") {
  hanging = {"a"};
  collectors.Collect({Named("a"), Named("b")});
  REQUIRE(Eventually([&] { return seen["a"]->collects > 0 && seen["b"]->collects > 0; }));
  collectors.Collect({});
  CHECK(Eventually([&] { return seen["a"]->closes > 1; }));
  CHECK(seen["b"]->closes == 1);
}

TEST_CASE_METHOD(Fleet, "a hypervisor that comes back has its name again") {
  collectors.Collect({Named("a")});
  REQUIRE(IsSampled("a"));
  const auto first = seen["a"];
  collectors.Collect({});
  REQUIRE(Eventually([&] { return first->closed.load(); }));
  static_cast<void>(queue.TakeAll());
  collectors.Collect({Named("a")});
  REQUIRE(IsSampled("a"));
  collectors.Stop();
  CHECK_THAT(queue.TakeAll().bytes, Contains("vm_totals,host=a,") && !Contains("a#2"));
}

TEST_CASE_METHOD(Fleet, "a name that goes on to another URI is the same tag, though calls to the one before hang") {
  hanging = {"a"};
  collectors.Collect({Named("a")});
  REQUIRE(Eventually([&] { return seen["a"]->collects > 0; }));
  hanging.clear();
  collectors.Collect({{.name = "a", .uri = "fake:///elsewhere"}});
  REQUIRE(IsSampled("a"));
  collectors.Stop();
  CHECK_THAT(queue.TakeAll().bytes, Contains("vm_totals,host=a,") && !Contains("a#2"));
}

TEST_CASE_METHOD(Fleet, "the sums never fall when a hypervisor leaves") {
  collectors.Collect({Named("a"), Named("b")});
  REQUIRE(IsSampled("a"));
  REQUIRE(Eventually([&] { return collectors.stats().cycles >= 4; }));
  const std::uint64_t before = collectors.stats().cycles;
  const auto gone = seen["a"];
  collectors.Collect({Named("b")});
  CHECK(collectors.stats().cycles >= before);
  REQUIRE(Eventually([&] { return gone->closed.load(); }));
  collectors.Collect({Named("b")});  // here what has ended is put away
  CHECK(collectors.stats().cycles >= before);
  CHECK(collectors.stats().hypervisors == 1);
}

TEST_CASE_METHOD(Fleet, "there may be no hypervisor at all") {
  collectors.Collect({});
  CHECK(collectors.stats().hypervisors == 0);
  collectors.Stop();
  CHECK(collectors.Close() == 0);
}

struct LargeFleet : Fleet {
  LargeFleet() : Fleet(160ms) {
    for (int i = 0; i < 40; ++i) many.push_back(Named(fmt::format("h{}", i)));
  }
  // How far behind a multiple of the interval the last cycle of each began, in milliseconds.
  std::set<std::int64_t> Phases() {
    std::map<std::string, std::int64_t> phases;
    std::istringstream lines(queue.TakeAll().bytes);
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("vmtelem,", 0) != 0) continue;
      phases[line.substr(0, line.find(' '))] = std::stoll(line.substr(line.rfind(' '))) / 1'000'000 % 160;
    }
    std::set<std::int64_t> different;
    for (const auto& [host, phase] : phases) different.insert(phase);
    return different;
  }

  std::vector<Hypervisor> many;
};

TEST_CASE_METHOD(LargeFleet, "many hypervisors are not sampled in the same instant") {
  collectors.Collect(many);
  for (const Hypervisor& each : many) REQUIRE(IsSampled(each.name));
  collectors.Stop();
  CHECK(Phases().size() >= 15);
}

struct SlowFleet : Fleet {
  SlowFleet() : Fleet(1h) {}
};

TEST_CASE_METHOD(SlowFleet, "hypervisors start one after the other, and those after the first at once") {
  std::vector<Hypervisor> many;
  for (int i = 0; i < 10; ++i) many.push_back(Named(fmt::format("h{}", i)));
  const SteadyTime begin = clock.SteadyNow();
  collectors.Collect(many);
  REQUIRE(Eventually([&] { return seen["h9"]->collects > 0; }));
  CHECK(clock.SteadyNow() - begin >= 9 * 20ms);
  CHECK(seen["h0"]->collects == 0);  // which waits for its tick
}

TEST_CASE_METHOD(SlowFleet, "a stop does not wait for those that have not started") {
  std::vector<Hypervisor> many;
  for (int i = 0; i < 500; ++i) many.push_back(Named(fmt::format("h{}", i)));
  collectors.Collect(many);
  collectors.Stop();
  CHECK(collectors.Close() == 0);
  CHECK(seen["h499"]->collects == 0);
}

}  // namespace
}  // namespace vmtelem
