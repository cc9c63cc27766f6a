#include <csignal>
#include <random>
#include <set>
#include <thread>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "base/gzip.h"
#include "file_hooks.h"
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
    CHECK(spool->CatchUp().losses.empty());
    CHECK(NamesIn(world.directory()) == std::set<std::string>{"lock"});
  }
}

// Leaves so many batches of one line each.
void LeaveSmall(const SpoolWorld& world, std::size_t batches) {
  std::filesystem::create_directories(world.directory());
  GzipCompressor compressor;
  for (std::size_t i = 0; i < batches; ++i) {
    const auto stamp = static_cast<std::int64_t>(i);
    WriteFileBytes(world.directory() / FormatSpoolName({stamp, stamp, 7, 1}),
                   compressor.Compress(SampleLines(i, 1).bytes).value());
  }
}

// Joins what a process finds, which is killed before its Nth change of a file. Whether it was.
bool JoinAndKill(SpoolWorld& world, int n) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto spool = world.Open();
    file_hooks::KillBeforeChange(n);
    for (std::uint64_t before = 0; before != spool->stats().batches; spool->Tidy()) {
      before = spool->stats().batches;
      spool->CatchUp();
    }
    ::_exit(0);
  }
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status);
}

std::set<std::string> LinesIn(DiskSpool& spool) {
  std::set<std::string> lines;
  while (const auto next = spool.Next()) {
    for (std::size_t i = 0; i < next->batch->line_count(); ++i) lines.emplace(next->batch->line(i));
    spool.Acknowledge(next->id);
  }
  return lines;
}

TEST_CASE("before whichever change of a file a process is killed while it joins batches, every line is still there") {
  constexpr std::size_t kBatches = 60;
  bool killed = true;
  int n = 0;
  while (killed) {
    ++n;
    SpoolWorld world;
    world.options.few_files = 20;
    LeaveSmall(world, kBatches);
    killed = JoinAndKill(world, n);
    CAPTURE(n);
    if (n == 1) CHECK(world.BatchFiles().size() == kBatches);
    if (!killed) CHECK(world.BatchFiles().size() < 20);
    world.options.few_files = kBatches;
    const auto spool = world.Open();
    CHECK(LinesIn(*spool).size() == kBatches);
    CHECK(spool->CatchUp().losses.empty());
    CHECK(world.BatchFiles().empty());
  }
  CHECK(n > static_cast<int>(kBatches));  // each of the files that were joined was removed
}

}  // namespace
}  // namespace vmtelem
