#include "libvirt/lane/parked_calls.h"

#include <thread>

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

constexpr SteadyTime kNow{std::chrono::hours(1)};

struct Fixture {
  std::shared_ptr<ParkingLot> lot = std::make_shared<ParkingLot>();
  SystemClock clock;

  [[nodiscard]] SteadyTime Soon() { return clock.SteadyNow() + std::chrono::seconds(30); }
};

TEST_CASE_METHOD(Fixture, "a thread that was left behind counts as blocked at once and until it ends") {
  const ParkedCall one = lot->Park();
  const ParkedCall other = lot->Park();
  CHECK(lot->blocked(kNow) == 2);
  lot->Leave(one);
  CHECK(one.returned());
  CHECK_FALSE(other.returned());
  CHECK(lot->blocked(kNow) == 1);
}

TEST_CASE_METHOD(Fixture, "a copy of a parked call is the same call") {
  const ParkedCall call = lot->Park();
  const ParkedCall copy = call;  // NOLINT(performance-unnecessary-copy-initialization)
  lot->Leave(copy);
  CHECK(call.returned());
}

TEST_CASE_METHOD(Fixture, "a connection that is being closed counts as blocked only after a while") {
  const ParkedCall closing = lot->NoteClosing(kNow);
  CHECK(lot->blocked(kNow) == 0);
  CHECK(lot->blocked(kNow + ParkingLot::kClosingPatience - Nanoseconds(1)) == 0);
  CHECK(lot->blocked(kNow + ParkingLot::kClosingPatience) == 1);
  CHECK_FALSE(closing.returned());
  lot->Leave(closing);
  CHECK(closing.returned());
  CHECK(lot->blocked(SteadyTime::max()) == 0);
}

TEST_CASE_METHOD(Fixture, "nobody is waited for when no connection is being closed") {
  CHECK(lot->AwaitClosed(clock, Soon()) == 0);
  const ParkedCall call = lot->Park();
  CHECK(lot->AwaitClosed(clock, Soon()) == 1);
}

TEST_CASE_METHOD(Fixture, "connections that are being closed are waited for, those that are blocked are not") {
  const ParkedCall blocked = lot->Park();
  const ParkedCall closing = lot->NoteClosing(clock.SteadyNow());
  std::thread thread([&] { lot->Leave(closing); });
  CHECK(lot->AwaitClosed(clock, Soon()) == 1);
  thread.join();
}

TEST_CASE_METHOD(Fixture, "a connection that is not closed by the deadline is told with those that are blocked") {
  const ParkedCall blocked = lot->Park();
  const ParkedCall closing = lot->NoteClosing(clock.SteadyNow());
  CHECK(lot->AwaitClosed(clock, clock.SteadyNow()) == 2);
}

TEST_CASE("a parked call may be asked after everybody else has gone") {
  auto lot = std::make_shared<ParkingLot>();
  const ParkedCall call = lot->Park();
  lot.reset();
  CHECK_FALSE(call.returned());
}

TEST_CASE_METHOD(Fixture, "a call that is discounted is not blocked any more, but still there") {
  const ParkedCall before = lot->Park();
  lot->Discount();
  CHECK(lot->blocked(SteadyTime::max()) == 0);
  CHECK_FALSE(before.returned());
  CHECK(lot->size() == 1);
  const ParkedCall after = lot->Park();
  CHECK(lot->blocked(SteadyTime::max()) == 1);
  after.NoteReturned();
  CHECK(after.returned());
}

}  // namespace
}  // namespace vmtelem
