#include "agent/collector_stats.h"

#include <catch2/catch.hpp>

#include "collector_fixture.h"
#include "fakes/allocation_counter.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

// A collector whose cycles a test ends as it likes, one second after the other.
struct StatsFixture : CollectorFixture {
  CollectorStats Answered(int times = 1) {
    source.failure.reset();
    return After(times);
  }
  CollectorStats Failed(ErrorCode code, int times = 1) {
    source.failure = Error{code, "no answer", ""};
    return After(times);
  }
  CollectorStats After(int times) {
    for (int i = 0; i < times; ++i) {
      began_last = clock.Now();
      Cycle();
    }
    return collector.stats();
  }

  Stamp began_last;
};

bool IsSame(const std::optional<Stamp>& stamp, const Stamp& other) {
  return stamp && stamp->wall_ns == other.wall_ns && stamp->steady == other.steady;
}

TEST_CASE_METHOD(StatsFixture,
                 "before the first cycle a hypervisor has its name and it is not known whether it is up") {
  const CollectorStats stats = collector.stats();
  CHECK(stats.host == "host1");
  CHECK_FALSE(stats.up);
  CHECK_FALSE(stats.since);
  CHECK_FALSE(stats.last_collection);
}

TEST_CASE_METHOD(StatsFixture, "a hypervisor that answers is up since the first cycle that it answered") {
  Answered();
  const Stamp first = began_last;
  const CollectorStats stats = Answered(3);
  CHECK(stats.up == true);
  CHECK(IsSame(stats.since, first));
}

TEST_CASE_METHOD(StatsFixture, "a hypervisor that fails is down since the first cycle that failed") {
  Answered(2);
  Failed(ErrorCode::kTimeout);
  const Stamp first = began_last;
  const CollectorStats stats = Failed(ErrorCode::kUnreachable, 3);
  CHECK(stats.up == false);
  CHECK(IsSame(stats.since, first));
}

TEST_CASE_METHOD(StatsFixture, "a cycle for which this machine had no time does not say whether a hypervisor is up") {
  Answered();
  const Stamp first = began_last;
  CHECK_FALSE(Failed(ErrorCode::kOverloaded).up);
  const CollectorStats stats = Answered();
  CHECK(stats.up == true);
  CHECK(IsSame(stats.since, first));
}

TEST_CASE_METHOD(StatsFixture, "an interrupted cycle changes nothing of what is known of a hypervisor") {
  Answered();
  const Stamp first = began_last;
  const CollectorStats stats = Failed(ErrorCode::kClosed);
  CHECK(stats.up == true);
  CHECK(IsSame(stats.last_collection, first));
  CHECK(stats.last_fault.empty());
}

TEST_CASE_METHOD(StatsFixture, "the time of the last collection is that of the last cycle that was answered") {
  Answered(3);
  const Stamp last = began_last;
  CHECK(IsSame(Failed(ErrorCode::kTimeout, 2).last_collection, last));
  CHECK(IsSame(Answered().last_collection, began_last));
}

TEST_CASE_METHOD(StatsFixture, "the last error stays known after a hypervisor answers again, with its time") {
  Failed(ErrorCode::kTimeout);
  const Stamp failed = began_last;
  const CollectorStats stats = Answered(2);
  CHECK(stats.fault.empty());
  CHECK(stats.last_fault == "no answer");
  CHECK(IsSame(stats.failed_at, failed));
}

TEST_CASE_METHOD(StatsFixture, "only cycles that were answered have a duration that counts") {
  source.poll_latency = 70ms;
  Answered(3);
  source.poll_latency = 2s;
  const CollectorStats stats = Failed(ErrorCode::kTimeout);
  CHECK(stats.poll_durations.count() == 3);
  CHECK(stats.poll_durations.AtMost(3) == 0);
  CHECK(stats.poll_durations.AtMost(4) == 3);
  CHECK(stats.poll_durations.sum() == 210ms);
}

TEST_CASE("noting one more cycle that was answered allocates nothing") {
  Snapshot snapshot;
  snapshot.host = "a host whose name is too long to be kept without an allocation";
  snapshot.up = true;
  CollectorStats stats;
  stats.Note({}, snapshot, 0);
  const std::size_t before = AllocationCount();
  for (int i = 0; i < 100; ++i) stats.Note({}, snapshot, 0);
  CHECK(AllocationCount() == before);
}

TEST_CASE_METHOD(StatsFixture, "what a source counts is known of its hypervisor") {
  source.polls = 7;
  source.poll_errors = 3;
  source.lanes = 4;
  source.lanes_parked = 2;
  const CollectorStats stats = Answered();
  CHECK(stats.polls == 7);
  CHECK(stats.poll_errors == 3);
  CHECK(stats.lanes == 4);
  CHECK(stats.lanes_parked == 2);
}

TEST_CASE_METHOD(StatsFixture, "the metrics of a hypervisor that answers") {
  source.domains = {MakeHungDomain("web", 3.5), MakeDomain("db", 1)};
  source.lanes = 4;
  source.lanes_parked = 2;
  const HostMetrics metrics = MetricsOf(Answered());
  CHECK(metrics.last_collection.host == "host1");
  CHECK(metrics.last_collection.timestamp_s == static_cast<double>(began_last.wall_ns) / 1e9);
  CHECK(metrics.up == true);
  CHECK(metrics.domains_blocked == 1U);
  CHECK(metrics.lanes == 4U);
  CHECK(metrics.lanes_parked == 2U);
  CHECK(metrics.poll_durations.count() == 1);
}

TEST_CASE_METHOD(StatsFixture, "of a hypervisor that is down it is not known how many of its VMs do not answer") {
  source.domains = {MakeHungDomain("web", 3.5)};
  Answered();
  const HostMetrics metrics = MetricsOf(Failed(ErrorCode::kTimeout));
  CHECK(metrics.up == false);
  CHECK_FALSE(metrics.domains_blocked);
  CHECK(metrics.last_collection.timestamp_s);
}

TEST_CASE_METHOD(StatsFixture, "before the first cycle nothing is known of lanes and VMs") {
  const HostMetrics metrics = MetricsOf(collector.stats());
  CHECK_FALSE(metrics.up);
  CHECK_FALSE(metrics.domains_blocked);
  CHECK_FALSE(metrics.lanes);
  CHECK_FALSE(metrics.lanes_parked);
  CHECK_FALSE(metrics.last_collection.timestamp_s);
}

}  // namespace
}  // namespace vmtelem
