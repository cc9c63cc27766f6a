#include <sstream>

#include <fmt/format.h>

#include "collectors_fixture.h"

// Several hypervisors in one process.
namespace vmtelem {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

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
  const std::vector<HostStatus> each = collectors.hosts();
  REQUIRE(each.size() == 3);
  CHECK(each[0].stats.host == "c");
  CHECK(each[0].stats.up == true);
  CHECK(each[1].stats.host == "b");
  CHECK_FALSE(each[1].stats.up);
  CHECK(each[2].stats.host == "a");
  CHECK(each[2].stats.up == true);
}

TEST_CASE_METHOD(Fleet, "of a hypervisor that has left nothing is given") {
  collectors.Collect({Named("a"), Named("b")});
  REQUIRE(IsSampled("a"));
  collectors.Collect({Named("b")});
  REQUIRE(collectors.hosts().size() == 1);
  CHECK(collectors.hosts()[0].stats.host == "b");
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
