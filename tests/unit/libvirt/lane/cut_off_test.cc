#include <array>
#include <csignal>

#include <catch2/catch.hpp>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fakes/eventually.h"
#include "libvirt/lane/lane.h"
#include "unit/libvirt/gate.h"

// Lanes of which nobody needs anything any more, whose calls do not return by themselves.
namespace vmtelem {
namespace {

struct Nothing {};

struct CutOffFixture {
  std::shared_ptr<ParkedCalls> parked_calls = std::make_shared<ParkedCalls>();
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  SystemClock clock;
  std::array<int, 2> one{}, other{};

  CutOffFixture() {
    for (auto* pair : {&one, &other}) REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair->data()) == 0);
  }
  ~CutOffFixture() {
    for (const int end : {one[0], one[1], other[0], other[1]}) ::close(end);
  }

  // Leaves a lane's thread in `call`, when it has begun.
  template <class Function>
  void Leave(Function call) {
    auto lane = std::make_unique<Lane<Nothing>>(std::make_unique<Nothing>(),
                                                LaneParts{clock, parked_calls, std::make_shared<Notifier>()});
    const auto begun = std::make_shared<std::atomic<bool>>(false);
    const auto pending = lane->Start([begun, call](Nothing&, LaneClock&) -> Result<int> {
      *begun = true;
      call();
      return 0;
    });
    REQUIRE(Eventually([&] { return begun->load(); }));
  }
  [[nodiscard]] SteadyTime Soon() { return clock.SteadyNow() + std::chrono::seconds(30); }
  // A thread may not have come to its wait when it is asked about first.
  bool AllEnd() {
    return Eventually([this] { return parked_calls->CutOff(clock, Soon()) == 0; });
  }
};

void Read(int descriptor) {
  char byte = 0;
  [[maybe_unused]] const auto size = ::read(descriptor, &byte, 1);
}

TEST_CASE_METHOD(CutOffFixture, "a thread that goes on from one socket to the next ends") {
  Leave([this] {
    Read(one[0]);
    Read(other[0]);
  });
  CHECK(AllEnd());
}

TEST_CASE_METHOD(CutOffFixture, "all threads end, each with its socket") {
  Leave([this] { Read(one[0]); });
  Leave([this] { Read(other[0]); });
  CHECK(AllEnd());
}

TEST_CASE_METHOD(CutOffFixture, "a child that takes no notice of the first signal is ended") {
  Leave([this] {
    pid_t child = -1;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, one[1], 0);
    std::array arguments{const_cast<char*>("sh"), const_cast<char*>("-c"),
                         const_cast<char*>("trap '' TERM; exec sleep 60"), static_cast<char*>(nullptr)};
    if (::posix_spawnp(&child, "sh", &actions, nullptr, arguments.data(), environ) == 0) ::waitpid(child, nullptr, 0);
    ::posix_spawn_file_actions_destroy(&actions);
  });
  CHECK(AllEnd());
}

TEST_CASE_METHOD(CutOffFixture, "a thread that waits for something else is counted, and not waited for") {
  Leave([held = gate] { held->Pass(); });
  REQUIRE(gate->AwaitArrivals(1));
  const SteadyTime deadline = Soon();
  CHECK(parked_calls->CutOff(clock, deadline) == 1);
  CHECK(clock.SteadyNow() < deadline);
  gate->Open();
  CHECK(AllEnd());
}

}  // namespace
}  // namespace vmtelem
