#include "agent/status_line.h"

#include <catch2/catch.hpp>

namespace vmtelem {
namespace {

using namespace std::chrono_literals;

// Of a process that is well.
AgentStatus Well() {
  AgentStatus status;
  status.now = SteadyTime{} + 1h;
  status.interval = 1s;
  status.writer.seen_at = status.now;
  status.collected.hypervisors = 1;
  return status;
}

TEST_CASE("a status in which nothing is wrong says so") {
  CHECK_THAT(StatusText(Well()), Catch::EndsWith("; all is well"));
}

TEST_CASE("a status says that lines are rejected, and why") {
  AgentStatus status = Well();
  status.writer.rejected = {status.now - 20s, "no such field"};
  CHECK_THAT(StatusText(status), Catch::EndsWith("; lines were rejected 20s ago: no such field"));
}

TEST_CASE("a status says that lines are lost, and why") {
  AgentStatus status = Well();
  status.writer.lost = {status.now, "the spool is full"};
  CHECK_THAT(StatusText(status), Catch::EndsWith("; lines were lost 0s ago: the spool is full"));
}

TEST_CASE("what was lost or rejected more than a minute and two intervals ago is no trouble of now") {
  AgentStatus status = Well();
  status.writer.lost = {status.now - 61s, "the spool is full"};
  CHECK_THAT(StatusText(status), Catch::EndsWith("; all is well"));
  status.interval = 5min;
  CHECK_THAT(StatusText(status), Catch::Contains("lines were lost"));
}

TEST_CASE("a status says that the spool cannot be written") {
  AgentStatus status = Well();
  status.writer.spool.trouble = "No space left on device";
  CHECK_THAT(StatusText(status), Catch::EndsWith("; cannot write to the spool: No space left on device"));
}

TEST_CASE("a status says that lines are away with their directory") {
  AgentStatus status = Well();
  status.writer.spool.away_lines = 12;
  CHECK_THAT(StatusText(status), Catch::EndsWith("; 12 lines wait in a spool directory that went away"));
}

TEST_CASE("a status says that batches cannot be read") {
  AgentStatus status = Well();
  status.writer.spool.unreadable_batches = 1;
  CHECK_THAT(StatusText(status), Catch::EndsWith("; 1 batch file in the spool cannot be read"));
}

TEST_CASE("a status says how many of several hypervisors do not answer, and why the first of them does not") {
  AgentStatus status = Well();
  status.collected.hypervisors = 200;
  status.collected.failing = 3;
  status.collected.fault = "h7: connection refused";
  CHECK_THAT(StatusText(status),
             Catch::StartsWith("200 hypervisors, 0 VMs, ") &&
                 Catch::EndsWith("; 3 of 200 hypervisors do not answer; the first: h7: connection refused"));
}

TEST_CASE("a status names all that is wrong") {
  AgentStatus status = Well();
  status.writer.fault = Error{ErrorCode::kUnreachable, "the database is away", ""};
  status.writer.spool.trouble = "Read-only file system";
  status.writer.seen_at = status.now - 4s;
  CHECK_THAT(StatusText(status), Catch::Contains("the database is away") && Catch::Contains("Read-only") &&
                                     Catch::Contains("stood still for 4s") && !Catch::Contains("all is well"));
}

}  // namespace
}  // namespace vmtelem
