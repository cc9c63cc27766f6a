#include <atomic>
#include <chrono>

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fakes/eventually.h"
#include "gate.h"
#include "source_fixture.h"

// A remote host that answers nothing while a connection to it is being opened: it may die then, and nobody would say
// so.
namespace vmtelem {
namespace {

struct SlowOpeningFixture : SourceFixture {
  Gate gate;
  std::atomic<int> opens{0};
  std::atomic<int> socket{-1};  // of the attempt that is held

  ~SlowOpeningFixture() {
    gate.Open();
    ::close(socket);
  }
  // The attempt with this number makes its socket and is not answered.
  void Hold(int number) {
    hooks.open_as = kNodeUri;
    hooks.before = [this, number](const LibvirtHooks::Call& call) {
      if (call.function != LibvirtHooks::Function::kOpen || ++opens != number) return true;
      socket = ::socket(AF_INET, SOCK_STREAM, 0);
      gate.Pass();
      return true;
    };
    options.first_answer_timeout = std::chrono::milliseconds(50);
  }
  [[nodiscard]] bool IsProbed() const {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &value, &size);
    return value == 1;
  }
  // Whether it is probed in the cycles of this time.
  bool IsProbedAfter(Source& source, Nanoseconds time) {
    if (!Eventually([&] { return static_cast<void>(source.Collect(snapshot)), gate.arrivals() == 1; })) return false;
    clock.Advance(time);
    static_cast<void>(source.Collect(snapshot));
    return IsProbed();
  }
};

TEST_CASE_METHOD(SlowOpeningFixture,
                 "the control connection is probed while it is being opened for more than a second") {
  Hold(1);
  const auto source = Make("qemu+tcp://node7/system");
  CHECK(IsProbedAfter(*source, std::chrono::seconds(1)));
  gate.Open();
}

TEST_CASE_METHOD(SlowOpeningFixture, "a lane's connection is probed while it is being opened for more than a second") {
  Hold(2);
  const auto source = Make("qemu+tcp://node7/system");
  CHECK(IsProbedAfter(*source, std::chrono::seconds(1)));
  gate.Open();
}

TEST_CASE_METHOD(SlowOpeningFixture, "a connection to a daemon of this host is not probed") {
  Hold(1);
  const auto source = Make("qemu:///system");
  CHECK_FALSE(IsProbedAfter(*source, std::chrono::seconds(1)));
  gate.Open();
}

}  // namespace
}  // namespace vmtelem
