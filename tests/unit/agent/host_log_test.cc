#include "agent/host_log.h"

#include <sstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <spdlog/sinks/ostream_sink.h>

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

constexpr HostLog::Kind kAway{"hypervisors are away"};
constexpr HostLog::Kind kVms{"messages of VMs", spdlog::level::info, 2};

struct HostLogFixture {
  void Away(int number) { log.Add(kAway, fmt::format("h{}", number), fmt::format("h{} is away", number), now); }
  std::string Taken() {
    std::string text = logged.str();
    logged.str("");
    return text;
  }

  SteadyTime now{1h};
  std::ostringstream logged;
  HostLog log{
      MakeLogger(std::make_shared<spdlog::sinks::ostream_sink_mt>(logged), LogFormat::kJournald, LogLevel::kInfo)};
};

struct Hundred : HostLogFixture {
  Hundred() { log.SetHosts(100); }
};

TEST_CASE_METHOD(HostLogFixture, "of a single hypervisor each message is logged at once, as it is") {
  for (int i = 0; i < 3; ++i) log.Add(kVms, "h1", "VM 'web' does not answer", now);
  CHECK(Taken() == "<6>VM 'web' does not answer\n<6>VM 'web' does not answer\n<6>VM 'web' does not answer\n");
}

TEST_CASE_METHOD(Hundred, "a hundred hypervisors that go away are a message at once and one a minute later") {
  for (int i = 1; i <= 100; ++i) Away(i);
  CHECK(Taken() == "<4>h1 is away\n");
  now += 59s;
  log.Tick(now);
  CHECK(Taken().empty());
  now += 1s;
  log.Tick(now);
  CHECK(Taken() == "<4>99 more hypervisors are away: h2, h3, h4 and 96 more; the first: h2 is away\n");
}

TEST_CASE_METHOD(Hundred, "hypervisors that go on to go away are one message a minute") {
  for (int minute = 0; minute < 3; ++minute) {
    for (int i = 0; i < 5; ++i) Away(i);
    now += 1min;
    log.Tick(now);
  }
  CHECK(Taken() ==
        "<4>h0 is away\n"
        "<4>4 more hypervisors are away: h1, h2, h3 and 1 more; the first: h1 is away\n"
        "<4>5 more hypervisors are away: h0, h1, h2 and 2 more; the first: h0 is away\n"
        "<4>5 more hypervisors are away: h0, h1, h2 and 2 more; the first: h0 is away\n");
}

TEST_CASE_METHOD(Hundred, "after a quiet minute the next one is logged at once") {
  Away(1);
  now += 1min;
  log.Tick(now);
  Away(2);
  CHECK(Taken() == "<4>h1 is away\n<4>h2 is away\n");
}

TEST_CASE_METHOD(Hundred, "messages of different kinds do not wait for each other") {
  Away(1);
  log.Add(kVms, "h1", "VM 'web' does not answer", now);
  CHECK(Taken() == "<4>h1 is away\n<6>h1: VM 'web' does not answer\n");
}

TEST_CASE_METHOD(Hundred, "a kind of which more may be logged in a minute is counted from then on") {
  for (const char* vm : {"a", "b", "c", "d"}) log.Add(kVms, "h1", fmt::format("VM '{}' hangs", vm), now);
  now += 1min;
  log.Tick(now);
  CHECK(Taken() ==
        "<6>h1: VM 'a' hangs\n<6>h1: VM 'b' hangs\n<6>2 more messages of VMs: h1; the first: h1: VM 'c' hangs\n");
}

TEST_CASE_METHOD(Hundred, "the rest is logged at the end") {
  for (int i = 1; i <= 3; ++i) Away(i);
  log.Flush();
  CHECK(Taken() == "<4>h1 is away\n<4>2 more hypervisors are away: h2, h3; the first: h2 is away\n");
}

TEST_CASE_METHOD(Hundred, "a single message that had to wait is logged as it is") {
  for (int i = 1; i <= 2; ++i) Away(i);
  now += 1min;
  log.Tick(now);
  CHECK(Taken() == "<4>h1 is away\n<4>h2 is away\n");
}

}  // namespace
}  // namespace vmtelem
