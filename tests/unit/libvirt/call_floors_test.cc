#include "libvirt/call_floors.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kKind = 1, kOtherKind = 2;

DomainStats Read(const std::string& uuid, Nanoseconds took) {
  DomainStats stats;
  stats.uuid = uuid;
  stats.state = 1;
  stats.call_took = took;
  return stats;
}

struct Calls {
  CallFloors floors;
  Nanoseconds interval = 1s;
  SteadyTime now{};

  Nanoseconds FloorOf(DomainStats stats, std::uint64_t kind = kKind) {
    stats.stamp.steady = now += interval;
    std::vector<DomainStats> domains{std::move(stats)};
    floors.Assign(kind, domains);
    return domains[0].call_floor;
  }
  Nanoseconds FloorAfter(Nanoseconds took, std::uint64_t kind = kKind) { return FloorOf(Read("a", took), kind); }
};

TEST_CASE_METHOD(Calls, "of the first call all it took is taken for needed") { CHECK(FloorAfter(7ms) == 7ms); }

TEST_CASE_METHOD(Calls, "the floor is the shortest of the calls so far") {
  FloorAfter(7ms);
  CHECK(FloorAfter(5ms) == 5ms);
  CHECK(FloorAfter(900ms) == 5ms);
}

TEST_CASE_METHOD(Calls, "a floor that recent calls no longer reach is forgotten") {
  FloorAfter(5ms);
  for (std::size_t i = 1; i < CallFloors::kRecent; ++i) CHECK(FloorAfter(60ms) == 5ms);
  CHECK(FloorAfter(60ms) == 60ms);
}

TEST_CASE_METHOD(Calls, "calls of another kind have another floor, which two of them show") {
  FloorAfter(5ms);
  CHECK(FloorAfter(60ms, kOtherKind) == 5ms);
  CHECK(FloorAfter(50ms, kOtherKind) == 50ms);
  CHECK(FloorAfter(60ms, kOtherKind) == 50ms);
}

TEST_CASE_METHOD(Calls, "calls that follow each other closely count as one") {
  interval = 100ms;
  FloorAfter(5ms);
  for (int i = 0; i < 35; ++i) CHECK(FloorAfter(60ms) == 5ms);
  for (int i = 0; i < 10; ++i) FloorAfter(60ms);
  CHECK(FloorAfter(60ms) == 60ms);
}

TEST_CASE_METHOD(Calls, "of calls that count as one the shortest gives the floor") {
  interval = 100ms;
  FloorAfter(60ms);
  FloorAfter(5ms);
  CHECK(FloorAfter(60ms) == 5ms);
}

TEST_CASE_METHOD(Calls, "calls of another kind that follow each other closely have no floor of their own yet") {
  interval = 100ms;
  FloorAfter(5ms);
  for (int i = 0; i < 5; ++i) CHECK(FloorAfter(60ms, kOtherKind) == 5ms);
  CHECK(FloorAfter(60ms, kOtherKind) == 60ms);
}

TEST_CASE_METHOD(Calls, "while each call is of another kind than the one before, the floor stays") {
  FloorAfter(5ms);
  for (std::uint64_t kind = 2; kind < 20; ++kind) CHECK(FloorAfter(240ms, kind) == 5ms);
}

TEST_CASE_METHOD(Calls, "each VM has calls of its own") {
  FloorAfter(5ms);
  CHECK(FloorOf(Read("b", 60ms)) == 60ms);
}

TEST_CASE_METHOD(Calls, "a call that gave no statistics sets no floor") {
  DomainStats silent = Read("a", 1ms);
  silent.state.reset();
  FloorAfter(60ms);
  FloorOf(silent);
  CHECK(FloorAfter(70ms) == 60ms);
}

TEST_CASE_METHOD(Calls, "a VM that is still listed keeps its calls, another does not") {
  FloorAfter(5ms);
  FloorOf(Read("b", 5ms));
  floors.KeepOnly({Read("a", {})});
  CHECK(FloorAfter(60ms) == 5ms);
  CHECK(FloorOf(Read("b", 60ms)) == 60ms);
}

DomainRefs Refs(const std::vector<std::string>& uuids) {
  DomainRefs refs;
  for (const auto& uuid : uuids) refs.push_back(std::make_shared<const DomainRef>(DomainRef{uuid, uuid, 1}));
  return refs;
}

TEST_CASE("calls for the same VMs are of one kind in whatever order") {
  CHECK(KindOfCall(Refs({"a", "b"}), Depth::kFull) == KindOfCall(Refs({"b", "a"}), Depth::kFull));
}

TEST_CASE("calls for other VMs are of another kind") {
  CHECK(KindOfCall(Refs({"a", "b"}), Depth::kFull) != KindOfCall(Refs({"a", "c"}), Depth::kFull));
  CHECK(KindOfCall(Refs({"a", "b"}), Depth::kFull) != KindOfCall(Refs({"a"}), Depth::kFull));
}

TEST_CASE("calls without the monitor are of another kind") {
  CHECK(KindOfCall(Refs({"a"}), Depth::kFull) != KindOfCall(Refs({"a"}), Depth::kWithoutMonitor));
}

}  // namespace
}  // namespace vmtelem
