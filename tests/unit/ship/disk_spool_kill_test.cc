#include <csignal>
#include <random>
#include <set>
#include <thread>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "spool_world.h"

namespace vmtelem {
namespace {

constexpr std::size_t kLines = 5;

// Adds batches 0, 1, 2, ... until it is killed, and says each number when its batch is durable.
[[noreturn]] void AddForEver(SpoolWorld& world, int say) {
  const auto spool = world.Open();
  for (std::uint32_t number = 0;; ++number) {
    const bool durable = spool->Add(SampleBatch(number * kLines, kLines)).durable;
    if (!durable || ::write(say, &number, sizeof(number)) != sizeof(number)) ::_exit(1);
  }
}

// Kills a process that adds to the spool, so long after its first batch was durable. The numbers that it said.
std::set<std::int64_t> AddAndKill(SpoolWorld& world, std::chrono::microseconds after) {
  int channel[2] = {-1, -1};
  REQUIRE(::pipe(channel) == 0);
  const pid_t child = ::fork();
  if (child == 0) AddForEver(world, channel[1]);
  ::close(channel[1]);
  std::set<std::int64_t> said;
  std::uint32_t number = 0;
  if (::read(channel[0], &number, sizeof(number)) == sizeof(number)) said.insert(number);
  std::this_thread::sleep_for(after);
  ::kill(child, SIGKILL);
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  while (::read(channel[0], &number, sizeof(number)) == sizeof(number)) said.insert(number);
  ::close(channel[0]);
  return said;
}

std::set<std::int64_t> DrainWhole(DiskSpool& spool) {
  std::set<std::int64_t> found;
  while (const auto next = spool.Next()) {
    const std::int64_t first = next->batch->first_wall_ns();
    CHECK(next->batch->bytes() == SampleLines(static_cast<std::size_t>(first), kLines).bytes);
    CHECK(found.insert(first / static_cast<std::int64_t>(kLines)).second);
    spool.Acknowledge(next->id);
  }
  return found;
}

TEST_CASE("however a process is killed, what it had added is there, whole, and at most the batch under way besides") {
  constexpr int kRounds = 200;
  std::mt19937 random(20240229);
  std::uniform_int_distribution<int> microseconds(0, 10'000);
  for (int round = 0; round < kRounds; ++round) {
    SpoolWorld world;
    std::set<std::int64_t> said = AddAndKill(world, std::chrono::microseconds(microseconds(random)));
    REQUIRE_FALSE(said.empty());
    const auto spool = world.Open();
    const std::set<std::int64_t> found = DrainWhole(*spool);
    if (found.size() > said.size()) said.insert(static_cast<std::int64_t>(said.size()));
    CAPTURE(round);
    CHECK(found == said);
    CHECK(spool->TakeChanges().losses.empty());
    CHECK(NamesIn(world.directory()) == std::set<std::string>{"lock"});
  }
}

}  // namespace
}  // namespace vmtelem
