#include "libvirt/lane/parked_calls.h"

#include <thread>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

constexpr SteadyTime kNow{std::chrono::hours(1)};

struct Fixture {
  std::shared_ptr<ParkedCalls> parked_calls = std::make_shared<ParkedCalls>();
  SystemClock clock;

  [[nodiscard]] SteadyTime Soon() { return clock.SteadyNow() + std::chrono::seconds(30); }
};

TEST_CASE_METHOD(Fixture, "a thread that was left behind counts as blocked at once and until it ends") {
  const ParkedCall one = parked_calls->Park();
  const ParkedCall other = parked_calls->Park();
  CHECK(parked_calls->blocked(kNow) == 2);
  parked_calls->Leave(one);
  CHECK(one.returned());
  CHECK_FALSE(other.returned());
  CHECK(parked_calls->blocked(kNow) == 1);
}

TEST_CASE_METHOD(Fixture, "a copy of a parked call is the same call") {
  const ParkedCall call = parked_calls->Park();
  const ParkedCall copy = call;  // NOLINT(performance-unnecessary-copy-initialization)
  parked_calls->Leave(copy);
  CHECK(call.returned());
}

TEST_CASE_METHOD(Fixture, "a connection that is being closed counts as blocked only after a while") {
  const ParkedCall closing = parked_calls->NoteClosing(kNow);
  CHECK(parked_calls->blocked(kNow) == 0);
  CHECK(parked_calls->blocked(kNow + ParkedCalls::kClosingPatience - Nanoseconds(1)) == 0);
  CHECK(parked_calls->blocked(kNow + ParkedCalls::kClosingPatience) == 1);
  CHECK_FALSE(closing.returned());
  parked_calls->Leave(closing);
  CHECK(closing.returned());
  CHECK(parked_calls->blocked(SteadyTime::max()) == 0);
}

TEST_CASE_METHOD(Fixture, "nobody is waited for when no connection is being closed") {
  CHECK(parked_calls->AwaitClosed(clock, Soon()) == 0);
  const ParkedCall call = parked_calls->Park();
  CHECK(parked_calls->AwaitClosed(clock, Soon()) == 1);
}

TEST_CASE_METHOD(Fixture, "connections that are being closed are waited for, those that are blocked are not") {
  const ParkedCall blocked = parked_calls->Park();
  const ParkedCall closing = parked_calls->NoteClosing(clock.SteadyNow());
  std::thread thread([&] { parked_calls->Leave(closing); });
  CHECK(parked_calls->AwaitClosed(clock, Soon()) == 1);
  thread.join();
}

TEST_CASE_METHOD(Fixture, "a connection that is not closed by the deadline is counted with the blocked ones") {
  const ParkedCall blocked = parked_calls->Park();
  const ParkedCall closing = parked_calls->NoteClosing(clock.SteadyNow());
  CHECK(parked_calls->AwaitClosed(clock, clock.SteadyNow()) == 2);
}

TEST_CASE("a parked call may be asked after everybody else has gone") {
  auto parked_calls = std::make_shared<ParkedCalls>();
  const ParkedCall call = parked_calls->Park();
  parked_calls.reset();
  CHECK_FALSE(call.returned());
}

TEST_CASE_METHOD(Fixture, "a call that is discounted is not blocked any more, but still there") {
  const ParkedCall before = parked_calls->Park();
  parked_calls->Discount();
  CHECK(parked_calls->blocked(SteadyTime::max()) == 0);
  CHECK_FALSE(before.returned());
  CHECK(parked_calls->AwaitClosed(clock, clock.SteadyNow()) == 1);
  const ParkedCall after = parked_calls->Park();
  CHECK(parked_calls->blocked(SteadyTime::max()) == 1);
  after.NoteReturned();
  CHECK(after.returned());
}

}  // namespace
}  // namespace vmtelem
