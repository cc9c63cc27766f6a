#include "libvirt/lane.h"

#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>
#include <signal.h>

#include "fakes/fake_clock.h"
#include "gate.h"

namespace vmtelem {
namespace {

struct Destroyed {
  std::atomic<bool> done{false};
  std::thread::id by;
};

struct State {
  int calls = 0;
  std::shared_ptr<Destroyed> destroyed = std::make_shared<Destroyed>();
  std::shared_ptr<Gate> gate;  // to be passed before it is destroyed

  ~State() {
    if (gate != nullptr) gate->Pass();
    destroyed->by = std::this_thread::get_id();
    destroyed->done = true;
  }
};
using TestLane = Lane<State>;

SteadyTime Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(30); }

struct Fixture {
  std::shared_ptr<ParkingLot> lot = std::make_shared<ParkingLot>(2);
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  SystemClock clock;
  GateClock gate_clock{gate};

  // A lane that is parked with its thread at the gate.
  std::unique_ptr<TestLane> Parked(std::unique_ptr<State> state = std::make_unique<State>()) {
    auto lane = std::make_unique<TestLane>(std::move(state), gate_clock, lot);
    const auto answer = lane->Call(
        [held = gate](State&, LaneClock&) -> Result<std::string> {
          held->Pass();
          return "late";
        },
        Soon());
    CHECK_FALSE(answer.has_value());
    CHECK(answer.error().code == ErrorCode::kTimeout);
    return lane;
  }
  bool LotEmpties() {
    return Eventually([this] { return lot->parked() == 0; });
  }
};

TEST_CASE_METHOD(Fixture, "calls run one after the other on the lane's own thread with its state") {
  TestLane lane(std::make_unique<State>(), clock, lot);
  const auto count = [](State& state, LaneClock&) -> Result<std::pair<int, std::thread::id>> {
    return std::pair{++state.calls, std::this_thread::get_id()};
  };
  const auto first = lane.Call(count, Soon());
  const auto second = lane.Call(count, Soon());
  CHECK(first->first == 1);
  CHECK(second->first == 2);
  CHECK(first->second == second->second);
  CHECK(first->second != std::this_thread::get_id());
}

TEST_CASE_METHOD(Fixture, "an error of the call is the caller's") {
  TestLane lane(std::make_unique<State>(), clock, lot);
  const auto answer =
      lane.Call([](State&, LaneClock&) -> Result<int> { return Fail(ErrorCode::kDenied, "no"); }, Soon());
  CHECK(answer.error().code == ErrorCode::kDenied);
  CHECK_FALSE(lane.parked());
}

TEST_CASE_METHOD(Fixture, "an exception in a call is an internal error and the lane lives") {
  TestLane lane(std::make_unique<State>(), clock, lot);
  const auto thrown =
      lane.Call([](State&, LaneClock&) -> Result<int> { throw std::runtime_error("out of luck"); }, Soon());
  CHECK(thrown.error().code == ErrorCode::kInternal);
  CHECK(lane.Call([](State&, LaneClock&) -> Result<int> { return 1; }, Soon()) == 1);
}

TEST_CASE_METHOD(Fixture, "the state is destroyed on the lane's thread") {
  auto state = std::make_unique<State>();
  const auto destroyed = state->destroyed;
  auto lane = std::make_unique<TestLane>(std::move(state), clock, lot);
  lane.reset();
  CHECK(destroyed->done);
  CHECK(destroyed->by != std::this_thread::get_id());
}

TEST_CASE_METHOD(Fixture, "a call that misses its deadline parks the lane") {
  const auto lane = Parked();
  CHECK(lane->parked());
  CHECK(lot->parked() == 1);
  gate->Open();
  CHECK(LotEmpties());
}

TEST_CASE_METHOD(Fixture, "a parked lane takes no further call, even after its thread came back") {
  const auto lane = Parked();
  const auto call = [](State&, LaneClock&) -> Result<std::string> { return "done"; };
  CHECK(lane->Call(call, Soon()).error().code == ErrorCode::kTimeout);
  gate->Open();
  REQUIRE(LotEmpties());
  CHECK(lane->Call(call, Soon()).error().code == ErrorCode::kTimeout);
}

TEST_CASE_METHOD(Fixture, "a parked lane is left behind at once and ends by itself") {
  auto state = std::make_unique<State>();
  const auto destroyed = state->destroyed;
  Parked(std::move(state)).reset();
  CHECK_FALSE(destroyed->done);
  gate->Open();
  CHECK(LotEmpties());
  CHECK(destroyed->done);
  CHECK(destroyed->by != std::this_thread::get_id());
}

TEST_CASE_METHOD(Fixture, "a call that is left behind cannot reach the clock any more") {
  auto lane = std::make_unique<TestLane>(std::make_unique<State>(), gate_clock, lot);
  const auto saw_clock = std::make_shared<std::atomic<int>>(-1);
  const auto answer = lane->Call(
      [held = gate, saw_clock](State&, LaneClock& lane_clock) -> Result<int> {
        held->Pass();
        *saw_clock = lane_clock.Now().has_value() ? 1 : 0;
        return 0;
      },
      Soon());
  CHECK_FALSE(answer.has_value());
  gate->Open();
  CHECK(LotEmpties());
  CHECK(*saw_clock == 0);
}

TEST_CASE_METHOD(Fixture, "a call that is cancelled is given up long before its deadline") {
  std::stop_source cancel;
  TestLane lane(std::make_unique<State>(), clock, lot, cancel.get_token());
  std::thread canceller([&] {
    gate->AwaitArrivals(1);
    cancel.request_stop();
  });
  const auto answer = lane.Call(
      [held = gate](State&, LaneClock&) -> Result<int> {
        held->Pass();
        return 1;
      },
      SteadyTime::max());
  canceller.join();
  CHECK_FALSE(answer.has_value());
  CHECK(lane.parked());
  gate->Open();
  CHECK(LotEmpties());
}

TEST_CASE_METHOD(Fixture, "a call reads the clock while its caller waits") {
  TestLane lane(std::make_unique<State>(), clock, lot);
  const auto stamp =
      lane.Call([](State&, LaneClock& lane_clock) -> Result<bool> { return lane_clock.Now().has_value(); }, Soon());
  CHECK(stamp == true);
}

TEST_CASE_METHOD(Fixture, "a call that was given up before it began is not made") {
  FakeClock late;
  Mailbox mailbox(late, lot);
  mailbox.Post([] {});
  REQUIRE_FALSE(mailbox.Await(late, late.SteadyNow(), {}));
  CHECK(mailbox.Take() == nullptr);
}

TEST_CASE_METHOD(Fixture, "the lot is full at its capacity and free again when a call returns") {
  const auto first = Parked();
  CHECK_FALSE(lot->full());
  const auto second = Parked();
  CHECK(lot->full());
  gate->Open();
  CHECK(LotEmpties());
  CHECK_FALSE(lot->full());
}

TEST_CASE_METHOD(Fixture, "a lane whose state does not let itself be destroyed is parked too") {
  auto state = std::make_unique<State>();
  state->gate = gate;
  auto lane = std::make_unique<TestLane>(std::move(state), gate_clock, lot);
  lane.reset();
  CHECK(lot->parked() == 1);
  gate->Open();
  CHECK(LotEmpties());
}

TEST_CASE_METHOD(Fixture, "a broken pipe on the lane's thread is an error and not the end of the process") {
  TestLane lane(std::make_unique<State>(), clock, lot);
  const auto blocked = lane.Call(
      [](State&, LaneClock&) -> Result<bool> {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        return sigismember(&mask, SIGPIPE) == 1;
      },
      Soon());
  CHECK(blocked == true);
}

}  // namespace
}  // namespace vmtelem
