#include "libvirt/lane/lane.h"

#include <atomic>
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>
#include <signal.h>

#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "unit/libvirt/gate.h"

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

Result<int> One(State&, LaneClock&) { return 1; }

struct Fixture {
  std::shared_ptr<ParkedCalls> parked_calls = std::make_shared<ParkedCalls>();
  std::shared_ptr<Notifier> notifier = std::make_shared<Notifier>();
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  SystemClock clock;

  std::unique_ptr<TestLane> Make(std::unique_ptr<State> state = std::make_unique<State>()) {
    return std::make_unique<TestLane>(std::move(state), LaneParts{clock, parked_calls, notifier});
  }
  // Has the lane's thread stand at the gate.
  Pending<Result<std::string>> Hold(TestLane& lane) {
    const int before = gate->arrivals();
    auto pending = lane.Start([held = gate](State&, LaneClock&) -> Result<std::string> {
      held->Pass();
      return "answer";
    });
    REQUIRE(gate->AwaitArrivals(before + 1));
    return pending;
  }
  [[nodiscard]] std::size_t Blocked() const { return parked_calls->blocked(SteadyTime::max()); }
  bool NoneIsParked() {
    return Eventually([this] { return Blocked() == 0; });
  }
};

TEST_CASE_METHOD(Fixture, "calls run one after the other on the lane's own thread with its state") {
  const auto lane = Make();
  const auto count = [](State& state, LaneClock&) -> Result<std::pair<int, std::thread::id>> {
    return std::pair{++state.calls, std::this_thread::get_id()};
  };
  const auto first = lane->Call(count, Soon());
  const auto second = lane->Call(count, Soon());
  CHECK(first->first == 1);
  CHECK(second->first == 2);
  CHECK(first->second == second->second);
  CHECK(first->second != std::this_thread::get_id());
}

TEST_CASE_METHOD(Fixture, "a lane waits while its thread sleeps in the call") {
  const auto lane = Make();
  auto pending = Hold(*lane);
  CHECK(Eventually([&] { return lane->waits(); }));
  gate->Open();
  REQUIRE(lane->Await(Soon()));
  CHECK_FALSE(lane->waits());
}

TEST_CASE_METHOD(Fixture, "a lane whose thread is at work does not wait") {
  const auto lane = Make();
  std::atomic<bool> begun{false}, done{false};
  auto pending = lane->Start([&](State&, LaneClock&) -> Result<int> {
    begun = true;
    while (!done) continue;
    return 1;
  });
  REQUIRE(Eventually([&] { return begun.load(); }));
  for (int i = 0; i < 100; ++i) CHECK_FALSE(lane->waits());
  done = true;
  REQUIRE(lane->Await(Soon()));
}

TEST_CASE_METHOD(Fixture, "an error of the call is the caller's") {
  const auto lane = Make();
  const auto answer =
      lane->Call([](State&, LaneClock&) -> Result<int> { return Fail(ErrorCode::kDenied, "no"); }, Soon());
  CHECK(answer.error().code == ErrorCode::kDenied);
  CHECK(lane->Call(One, Soon()) == 1);
}

TEST_CASE_METHOD(Fixture, "an exception in a call is an internal error and the lane lives") {
  const auto lane = Make();
  const auto thrown =
      lane->Call([](State&, LaneClock&) -> Result<int> { throw std::runtime_error("out of luck"); }, Soon());
  CHECK(thrown.error().code == ErrorCode::kInternal);
  CHECK(thrown.error().message == "out of luck");
  CHECK(lane->Call(One, Soon()) == 1);
}

TEST_CASE_METHOD(Fixture, "the wait for a call ends at its deadline, and the call goes on") {
  const auto lane = Make();
  auto pending = Hold(*lane);
  CHECK_FALSE(lane->Await(clock.SteadyNow()));
  CHECK_FALSE(lane->idle());
  gate->Open();
  REQUIRE(lane->Await(Soon()));
  CHECK(lane->idle());
  CHECK(pending.Take() == std::string("answer"));
}

TEST_CASE_METHOD(Fixture, "a call without an answer at its deadline is a time-out") {
  const auto lane = Make();
  const auto answer = lane->Call(
      [held = gate](State&, LaneClock&) -> Result<int> {
        held->Pass();
        return 1;
      },
      clock.SteadyNow());
  CHECK(answer.error().code == ErrorCode::kTimeout);
  gate->Open();
}

TEST_CASE_METHOD(Fixture, "several lanes are at work at the same time and notify one owner") {
  const auto first = Make();
  const auto second = Make();
  auto one = Hold(*first);
  auto other = Hold(*second);
  CHECK(gate->arrivals() == 2);
  gate->Open();
  CHECK(notifier->WaitUntil(clock, Soon(), [&] { return first->idle() && second->idle(); }));
  CHECK(one.Take().has_value());
  CHECK(other.Take().has_value());
}

TEST_CASE_METHOD(Fixture, "the call of a lane that is left behind counts as blocked until it returns") {
  const auto lane = Make();
  const auto pending = Hold(*lane);
  const ParkedCall call = lane->LeaveBehind();
  CHECK(parked_calls->blocked(clock.SteadyNow()) == 1);
  CHECK_FALSE(call.returned());
  gate->Open();
  CHECK(Eventually([&] { return call.returned(); }));
  CHECK(Blocked() == 0);
}

TEST_CASE_METHOD(Fixture, "a lane that was left behind can be destroyed while its call still blocks") {
  auto lane = Make();
  const auto pending = Hold(*lane);
  const ParkedCall call = lane->LeaveBehind();
  lane.reset();
  CHECK(Blocked() == 1);
  CHECK_FALSE(call.returned());
  gate->Open();
  CHECK(NoneIsParked());
}

TEST_CASE_METHOD(Fixture, "an answer that comes after the lane was left behind is discarded with the state") {
  auto state = std::make_unique<State>();
  const auto destroyed = state->destroyed;
  const auto answer = std::make_shared<std::string>("late");
  const auto lane = Make(std::move(state));
  {
    const auto pending = lane->Start([held = gate, answer](State&, LaneClock&) -> Result<std::shared_ptr<std::string>> {
      held->Pass();
      return answer;
    });
    REQUIRE(gate->AwaitArrivals(1));
  }
  const ParkedCall call = lane->LeaveBehind();
  CHECK_FALSE(destroyed->done);
  gate->Open();
  CHECK(Eventually([&] { return call.returned(); }));
  CHECK(answer.use_count() == 1);
  CHECK(destroyed->done);
  CHECK(destroyed->by != std::this_thread::get_id());
}

TEST_CASE_METHOD(Fixture, "a call that is left behind cannot reach the clock any more") {
  auto lane = Make();
  const auto saw_clock = std::make_shared<std::atomic<int>>(-1);
  const auto pending = lane->Start([held = gate, saw_clock](State&, LaneClock& lane_clock) -> Result<int> {
    held->Pass();
    *saw_clock = lane_clock.Now().has_value() ? 1 : 0;
    return 0;
  });
  REQUIRE(gate->AwaitArrivals(1));
  SECTION("left behind") { static_cast<void>(lane->LeaveBehind()); }
  SECTION("destroyed") { lane.reset(); }
  gate->Open();
  CHECK(NoneIsParked());
  CHECK(*saw_clock == 0);
}

TEST_CASE_METHOD(Fixture, "a call reads the clock while its lane is owned") {
  const auto lane = Make();
  const auto stamp =
      lane->Call([](State&, LaneClock& lane_clock) -> Result<bool> { return lane_clock.Now().has_value(); }, Soon());
  CHECK(stamp == true);
}

TEST_CASE_METHOD(Fixture, "the state is destroyed on the lane's thread when the lane ends") {
  auto state = std::make_unique<State>();
  const auto destroyed = state->destroyed;
  auto lane = Make(std::move(state));
  lane.reset();
  CHECK(Eventually([&] { return destroyed->done.load(); }));
  CHECK(destroyed->by != std::this_thread::get_id());
}

TEST_CASE_METHOD(
    Fixture, "the end of a lane does not wait for its state, whose destruction counts as blocked when it takes long") {
  auto state = std::make_unique<State>();
  state->gate = gate;
  auto lane = Make(std::move(state));
  lane.reset();
  REQUIRE(gate->AwaitArrivals(1));
  CHECK(parked_calls->blocked(clock.SteadyNow()) == 0);
  CHECK(parked_calls->blocked(clock.SteadyNow() + ParkedCalls::kClosingPatience) == 1);
  gate->Open();
  CHECK(NoneIsParked());
}

TEST_CASE_METHOD(Fixture, "the end of a lane does not wait for a call in progress") {
  auto lane = Make();
  const auto pending = Hold(*lane);
  lane.reset();
  CHECK(Blocked() == 1);
  gate->Open();
  CHECK(NoneIsParked());
}

TEST_CASE_METHOD(Fixture, "a cancelled notifier ends the wait for a call long before its deadline") {
  const auto lane = Make();
  std::thread canceller([&] {
    gate->AwaitArrivals(1);
    notifier->Cancel();
  });
  const auto pending = Hold(*lane);
  CHECK_FALSE(lane->Await(Soon()));
  canceller.join();
  CHECK_FALSE(lane->idle());
  gate->Open();
}

TEST_CASE_METHOD(Fixture, "a job that was not taken before its mailbox was closed is not done") {
  FakeClock unused;
  Mailbox mailbox(unused, parked_calls, notifier);
  mailbox.Post([] {});
  SECTION("left behind") { static_cast<void>(mailbox.LeaveBehind()); }
  SECTION("closed") { mailbox.Close(unused.SteadyNow()); }
  CHECK(mailbox.Take() == nullptr);
}

TEST_CASE_METHOD(Fixture, "a broken pipe on the lane's thread is an error and not the end of the process") {
  const auto lane = Make();
  const auto blocked = lane->Call(
      [](State&, LaneClock&) -> Result<bool> {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        return sigismember(&mask, SIGPIPE) == 1;
      },
      Soon());
  CHECK(blocked == true);
}

TEST_CASE_METHOD(Fixture, "a job that is given up gets no time any more, and the next job does") {
  const auto lane = Make();
  auto held = lane->Start([gate = gate](State&, LaneClock& lane_clock) -> Result<bool> {
    gate->Pass();
    return lane_clock.Now().has_value();
  });
  REQUIRE(gate->AwaitArrivals(1));
  lane->GiveUpJob();
  gate->Open();
  REQUIRE(lane->Await(Soon()));
  CHECK(held.Take() == false);
  const auto next =
      lane->Call([](State&, LaneClock& lane_clock) -> Result<bool> { return lane_clock.Now().has_value(); }, Soon());
  CHECK(next == true);
}

}  // namespace
}  // namespace vmtelem
