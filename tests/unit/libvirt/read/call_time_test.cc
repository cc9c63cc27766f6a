#include <catch2/catch.hpp>

#include "stats_reader_fixture.h"

// Between which moments the counters of a VM were read: from its stamp on, for as long as the call took.
namespace vmtelem {
namespace {

using namespace std::chrono_literals;

struct TimedCalls : StatsReaderFixture {
  const SteadyTime begin = clock.SteadyNow();

  // Every bulk call takes so long, and gives these parameters of every VM.
  void BulkTakes(Nanoseconds takes, const std::function<void(TypedParameters&)>& fill = {}) {
    hooks.bulk = [this, takes, fill](const LibvirtHooks::BulkCall& call) -> LibvirtHooks::BulkAnswer {
      clock.Advance(takes);
      std::vector<LibvirtHooks::Record> records;
      for (auto* domain : call.domains) {
        records.push_back({domain, &New().Int("state.state", 1)});
        if (fill) fill(*records.back().parameters);
      }
      return records;
    };
  }
  // The single calls for a VM take so long.
  void SingleCallsTake(Nanoseconds takes) {
    hooks.before = [this, takes](const LibvirtHooks::Call& call) {
      if (call.function == LibvirtHooks::Function::kInfo) clock.Advance(takes);
      return true;
    };
  }
  void DenyBulk() {
    hooks.bulk = [](const auto&) -> LibvirtHooks::BulkAnswer {
      LibvirtHooks::FailWith(VIR_ERR_NO_SUPPORT, VIR_FROM_LXC);
      return std::nullopt;
    };
  }
};

TEST_CASE_METHOD(TimedCalls, "values of a bulk call were read between its beginning and its return") {
  Open("QEMU");
  BulkTakes(30ms);
  REQUIRE(Read().has_value());
  for (const auto& vm : result.domains) {
    CHECK(vm.stamp.steady == begin);
    CHECK(vm.call_took == 30ms);
  }
}

TEST_CASE_METHOD(TimedCalls, "of several bulk calls each times its own VMs") {
  Open("QEMU");
  BulkTakes(30ms);
  while (domains.size() < 450) {
    virDomainRef(domains[0].get());
    domains.emplace_back(domains[0].get());
  }
  REQUIRE(Read().has_value());
  CHECK(result.domains.front().call_took == 30ms);
  CHECK(result.domains.back().stamp.steady == begin + 30ms);
  CHECK(result.domains.back().call_took == 30ms);
}

TEST_CASE_METHOD(TimedCalls, "values of a VM that was asked again were read in the second call") {
  Open("QEMU");
  int calls = 0;
  BulkTakes(30ms, [&](TypedParameters& parameters) {
    parameters.Ullong("balloon.current", 1);
    if (++calls > 3) parameters.Ullong("balloon.rss", 1);  // none of the three in the first call
  });
  REQUIRE(Read().has_value());
  CHECK(Vm("web 01").stamp.steady == begin + 30ms);
  CHECK(Vm("web 01").call_took == 30ms);
}

TEST_CASE_METHOD(TimedCalls, "values of single calls were read during the calls for that VM") {
  Open();
  DenyBulk();
  SingleCallsTake(7ms);
  REQUIRE(Read().has_value());
  CHECK(result.domains.at(1).stamp.steady == begin + 7ms);
  CHECK(result.domains.at(1).call_took == 7ms);
}

TEST_CASE_METHOD(TimedCalls, "a state out of bulk does not move the time of the counters") {
  Open();
  BulkTakes(30ms);
  SingleCallsTake(7ms);
  REQUIRE(Read().has_value());
  CHECK(result.domains.at(0).stamp.steady == begin + 30ms);
  CHECK(result.domains.at(0).call_took == 7ms);
}

TEST_CASE_METHOD(TimedCalls,
                 "counters out of bulk and of single calls were read from the one to the end of the other") {
  Open();
  BulkTakes(30ms, [](TypedParameters& parameters) { parameters.Ullong("net.0.rx.bytes", 1); });
  SingleCallsTake(7ms);
  REQUIRE(Read().has_value());
  CHECK(result.domains.at(0).stamp.steady == begin);
  CHECK(result.domains.at(0).call_took == 37ms);
}

TEST_CASE_METHOD(
    TimedCalls,
    "values without the monitor were read between the bulk call's beginning and the last single call's end") {
  Open("QEMU");
  query.depth = Depth::kWithoutMonitor;
  BulkTakes(30ms);
  SingleCallsTake(7ms);
  REQUIRE(Read().has_value());
  CHECK(result.domains.at(0).stamp.steady == begin);
  CHECK(result.domains.at(0).call_took == 37ms);
}

}  // namespace
}  // namespace vmtelem
