#include "libvirt/stuck_domains.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

constexpr SteadyTime kStart{std::chrono::hours(1)};
constexpr SteadyTime kLater = kStart + std::chrono::seconds(5);

struct Fixture {
  StuckDomains stuck;
  std::shared_ptr<ParkedCalls> parked_calls = std::make_shared<ParkedCalls>();
  const DomainRef a{"a", "vm a", 1};
  const DomainRef b{"b", "vm b", 2};

  void Return(const ParkedCall& call) {
    parked_calls->Leave(call);
    stuck.Refresh();
  }
};

TEST_CASE_METHOD(Fixture, "a VM without any noted call is not stuck") {
  CHECK_FALSE(stuck.hung("a"));
  CHECK_FALSE(stuck.set_aside("a"));
  CHECK_FALSE(stuck.any_set_aside());
  CHECK_FALSE(stuck.since("a").has_value());
}

TEST_CASE_METHOD(Fixture, "a VM that hangs is not set aside, and a VM that is set aside does not hang") {
  stuck.NoteHung(a, parked_calls->Park(), kStart);
  CHECK(stuck.hung("a"));
  CHECK_FALSE(stuck.set_aside("a"));
  CHECK_FALSE(stuck.any_set_aside());
  stuck.NoteLocked(b, parked_calls->Park(), kStart);
  CHECK(stuck.set_aside("b"));
  CHECK_FALSE(stuck.hung("b"));
  CHECK(stuck.any_set_aside());
  CHECK(stuck.all_hung() == std::vector<std::string>{"a"});
}

TEST_CASE_METHOD(Fixture, "a VM is stuck until its call returns") {
  const ParkedCall call = parked_calls->Park();
  stuck.NoteHung(a, call, kStart);
  stuck.NoteLocked(b, parked_calls->Park(), kStart);
  stuck.Refresh();
  CHECK(stuck.hung("a"));
  Return(call);
  CHECK_FALSE(stuck.hung("a"));
  CHECK_FALSE(stuck.since("a").has_value());
  CHECK(stuck.set_aside("b"));
}

TEST_CASE_METHOD(Fixture, "the first of several calls for a VM that returns shows that the VM answers again") {
  const ParkedCall first = parked_calls->Park();
  const ParkedCall second = parked_calls->Park();
  stuck.NoteLocked(a, first, kStart);
  stuck.NoteLocked(a, second, kStart);
  Return(second);
  CHECK_FALSE(stuck.set_aside("a"));
}

TEST_CASE_METHOD(Fixture, "one call may hold up several VMs") {
  const ParkedCall call = parked_calls->Park();
  stuck.NoteLocked(a, call, kStart);
  stuck.NoteLocked(b, call, kStart);
  Return(call);
  CHECK_FALSE(stuck.any_set_aside());
}

TEST_CASE_METHOD(Fixture, "a VM is blocked since the first call on it") {
  stuck.NoteHung(a, parked_calls->Park(), kStart);
  stuck.NoteHung(a, parked_calls->Park(), kLater);
  CHECK(stuck.since("a") == kStart);
}

TEST_CASE_METHOD(Fixture, "a VM that hung before its lock was taken is set aside, and blocked since it hung") {
  stuck.NoteHung(a, parked_calls->Park(), kStart);
  stuck.NoteLocked(a, parked_calls->Park(), kLater);
  CHECK(stuck.set_aside("a"));
  CHECK_FALSE(stuck.hung("a"));
  CHECK(stuck.since("a") == kStart);
}

TEST_CASE_METHOD(Fixture, "the call of the time when it hung says nothing about its lock") {
  const ParkedCall hung = parked_calls->Park();
  const ParkedCall locked = parked_calls->Park();
  stuck.NoteHung(a, hung, kStart);
  stuck.NoteLocked(a, locked, kLater);
  Return(hung);
  CHECK(stuck.set_aside("a"));
  Return(locked);
  CHECK_FALSE(stuck.set_aside("a"));
}

TEST_CASE_METHOD(Fixture, "a VM that was started anew is not stuck, whatever calls wait for its earlier run") {
  stuck.NoteLocked(a, parked_calls->Park(), kStart);
  stuck.NoteLocked(b, parked_calls->Park(), kStart);
  const auto another_run = std::make_shared<const DomainRef>(DomainRef{"a", "vm a", 7});
  const auto same_run = std::make_shared<const DomainRef>(b);
  stuck.ForgetEarlierRuns({another_run, same_run});
  CHECK_FALSE(stuck.set_aside("a"));
  CHECK(stuck.set_aside("b"));
}

}  // namespace
}  // namespace vmtelem
