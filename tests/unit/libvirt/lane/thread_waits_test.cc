#include "libvirt/lane/thread_waits.h"

#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fakes/eventually.h"

namespace vmtelem {
namespace {

struct Pair {
  Pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0); }
  ~Pair() {
    for (const int end : ends) ::close(end);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  // Whether the other end has been told that no more comes.
  [[nodiscard]] bool IsCut() const {
    char byte = 0;
    return ::recv(ends[1], &byte, 1, MSG_DONTWAIT) == 0;
  }

  std::array<int, 2> ends{};
};

// A thread that makes one call, which may wait for ever.
class Waiter {
 public:
  explicit Waiter(std::function<void()> call)
      : thread_([this, call = std::move(call)] {
          id_ = ::gettid();
          call();
          has_returned_ = true;
        }) {
    REQUIRE(Eventually([this] { return id_ != 0; }));
  }
  ~Waiter() { thread_.join(); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  [[nodiscard]] bool EndWaits() { return vmtelem::EndWaits(id_, SIGTERM); }
  [[nodiscard]] bool EventuallyEndsWaits() {
    return Eventually([this] { return EndWaits(); });
  }
  [[nodiscard]] bool Returns() {
    return Eventually([this] { return has_returned_.load(); });
  }

 private:
  std::atomic<pid_t> id_{0};
  std::atomic<bool> has_returned_{false};
  std::thread thread_;
};

void Poll(int descriptor, int other) {
  std::array<pollfd, 2> polled{pollfd{other, POLLIN, 0}, pollfd{descriptor, POLLIN, 0}};
  ::poll(polled.data(), polled.size(), -1);
}

void Read(int descriptor) {
  char byte = 0;
  [[maybe_unused]] const auto size = ::read(descriptor, &byte, 1);
}

TEST_CASE("a thread that polls a socket beside a pipe is let go") {
  const Pair pair;
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  {
    Waiter waiter([&] { Poll(pair.ends[0], pipe[0]); });
    CHECK(waiter.EventuallyEndsWaits());
    CHECK(waiter.Returns());
    CHECK(pair.IsCut());
  }
  for (const int end : pipe) ::close(end);
}

TEST_CASE("a thread that reads from a socket is let go") {
  const Pair pair;
  Waiter waiter([&] { Read(pair.ends[0]); });
  CHECK(waiter.EventuallyEndsWaits());
  CHECK(waiter.Returns());
}

TEST_CASE("a thread that connects to a host of which nothing comes back is let go") {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  REQUIRE(::listen(listener, 0) == 0);
  const int first = ::socket(AF_INET, SOCK_STREAM, 0);  // takes the only place
  REQUIRE(::connect(first, reinterpret_cast<sockaddr*>(&address), size) == 0);
  const int second = ::socket(AF_INET, SOCK_STREAM, 0);
  {
    Waiter waiter([&] { ::connect(second, reinterpret_cast<sockaddr*>(&address), size); });
    CHECK(waiter.EventuallyEndsWaits());
    CHECK(waiter.Returns());
  }
  for (const int descriptor : {listener, first, second}) ::close(descriptor);
}

TEST_CASE("a socket for which another thread waits is left alone") {
  const Pair pair, others;
  Waiter other([&] { Read(others.ends[0]); });
  {
    Waiter waiter([&] { Read(pair.ends[0]); });
    CHECK(waiter.EventuallyEndsWaits());
    CHECK(waiter.Returns());
  }
  CHECK_FALSE(others.IsCut());
  CHECK(other.EventuallyEndsWaits());
}

TEST_CASE("a thread that waits for a pipe is left to it, and so are the sockets that it does not wait for") {
  const Pair pair;
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  {
    Waiter waiter([&] {
      Poll(pipe[0], -1);
      Read(pair.ends[0]);
    });
    for (int i = 0; i < 20; ++i) CHECK_FALSE(waiter.EndWaits());
    CHECK_FALSE(pair.IsCut());
    REQUIRE(::write(pipe[1], "x", 1) == 1);
    CHECK(waiter.EventuallyEndsWaits());
  }
  for (const int end : pipe) ::close(end);
}

// A process that sleeps for longer than a test lasts.
pid_t Spawn(int input) {
  pid_t child = -1;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input, 0);
  std::array<char*, 3> arguments{const_cast<char*>("sleep"), const_cast<char*>("60"), nullptr};
  const int failure = ::posix_spawnp(&child, "sleep", &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return failure == 0 ? child : -1;
}

bool StillRuns(pid_t child) { return ::waitpid(child, nullptr, WNOHANG) == 0; }

void End(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_CASE("the child of a connection that a thread waits for is ended") {
  const Pair pair;
  int status = 0;
  Waiter waiter([&] { ::waitpid(Spawn(pair.ends[1]), &status, 0); });
  CHECK(waiter.EventuallyEndsWaits());
  CHECK(waiter.Returns());
  CHECK(WTERMSIG(status) == SIGTERM);
}

TEST_CASE("a child that no connection goes through lives on") {
  const Pair pair;
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  std::atomic<pid_t> child{0};
  {
    Waiter waiter([&] {
      child = Spawn(pipe[0]);
      Read(pair.ends[0]);
    });
    REQUIRE(Eventually([&] { return child != 0; }));
    CHECK(waiter.EventuallyEndsWaits());
    CHECK(StillRuns(child));
  }
  End(child);
  for (const int end : pipe) ::close(end);
}

TEST_CASE("the child of another thread lives on") {
  const Pair pair, others;
  const pid_t child = Spawn(others.ends[1]);
  {
    Waiter waiter([&] { Read(pair.ends[0]); });
    CHECK(waiter.EventuallyEndsWaits());
  }
  CHECK(StillRuns(child));
  End(child);
}

TEST_CASE("of a thread that there is not nothing is ended") {
  CHECK_FALSE(EndWaits(::getpid() + 1'000'000'000, SIGTERM));
}

}  // namespace
}  // namespace vmtelem
