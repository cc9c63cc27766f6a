#include "ship/stdout_sink.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "fakes/sample_lines.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

std::string ReadSome(int fd) {
  std::array<char, 65536> bytes{};
  const ssize_t size = ::read(fd, bytes.data(), bytes.size());
  return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

// A sink that writes to a pipe.
struct PipeWorld {
  PipeWorld() {
    std::signal(SIGPIPE, SIG_IGN);
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    sink.emplace(ends[1], [this](const Error& error) { broken.push_back(error); });
  }
  ~PipeWorld() {
    CloseReader();
    ::close(ends[1]);
  }
  PipeWorld(const PipeWorld&) = delete;
  PipeWorld& operator=(const PipeWorld&) = delete;

  void CloseReader() {
    if (ends[0] >= 0) ::close(std::exchange(ends[0], -1));
  }

  std::array<int, 2> ends{-1, -1};
  std::vector<Error> broken;
  std::optional<StdoutSink> sink;
};

TEST_CASE_METHOD(PipeWorld, "a batch is stored when all of it is written") {
  sink->Start(7, SampleBatch(0, 3));
  const auto completions = sink->Wait(10s);
  REQUIRE(completions.size() == 1);
  CHECK(completions[0].id == 7);
  CHECK(completions[0].verdict.action == Action::kAck);
  CHECK(ReadSome(ends[0]) == SampleLines(0, 3).bytes);
}

TEST_CASE_METHOD(PipeWorld, "a reader that stops reading blocks nobody, and gets the rest when it reads on") {
  const auto batch = SampleBatch(0, 10'000);
  sink->Start(1, batch);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(sink->Wait(50ms).empty());
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  std::string read;
  std::size_t completed = 0;
  while (read.size() < batch->bytes().size()) {
    read += ReadSome(ends[0]);
    completed += sink->Wait(10ms).size();
  }
  CHECK(read == batch->bytes());
  CHECK(completed == 1);
}

TEST_CASE_METHOD(PipeWorld, "when its reader has gone every batch is held, and that is reported once") {
  CloseReader();
  sink->Start(1, SampleBatch(0, 1));
  sink->Start(2, SampleBatch(1, 1));
  const auto completions = sink->Wait(10s);
  REQUIRE(completions.size() == 2);
  CHECK(completions[1].verdict.action == Action::kHold);
  CHECK(completions[1].verdict.cause == ErrorCode::kClosed);
  sink->Start(3, SampleBatch(2, 1));
  CHECK(sink->Wait(10s).size() == 1);
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].code == ErrorCode::kClosed);
}

TEST_CASE_METHOD(PipeWorld, "a wait ends when it is woken, and without that when its time is over") {
  const auto begin = std::chrono::steady_clock::now();
  CHECK(sink->Wait(20ms).empty());
  CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
  std::thread waker([this] { sink->Wake(); });
  CHECK(sink->Wait(1h).empty());
  waker.join();
}

TEST_CASE_METHOD(PipeWorld, "what is broken off does not complete") {
  sink->Start(1, SampleBatch(0, 1));
  sink->Abort();
  CHECK(sink->Wait(20ms).empty());
}

TEST_CASE("a terminal gets lines that cannot command it") {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(terminal >= 0);
  REQUIRE(::grantpt(terminal) == 0);
  REQUIRE(::unlockpt(terminal) == 0);
  const int fd = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  {
    StdoutSink sink(fd, [](const Error&) {});
    sink.Start(1, std::make_shared<const Batch>(Lines{"a,vm=\x1b[2J v=1 1\n", 1, 1, 1}));
    CHECK(sink.Wait(10s).size() == 1);
  }
  const std::string shown = ReadSome(terminal);
  CHECK_THAT(shown, Catch::Contains("v=1 1"));
  CHECK(shown.find('\x1b') == std::string::npos);
  ::close(fd);
  ::close(terminal);
}

}  // namespace
}  // namespace vmtelem
