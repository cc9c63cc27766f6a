#include <csignal>
#include <random>
#include <set>
#include <thread>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "base/gzip.h"
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

// Kills a process so long after it began to join what it finds.
void JoinAndKill(SpoolWorld& world, std::chrono::microseconds after) {
  int started[2] = {-1, -1};
  REQUIRE(::pipe(started) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto spool = world.Open();
    if (::write(started[1], "", 1) != 1) ::_exit(1);
    while (true) spool->TakeChanges();
  }
  char ignored = 0;
  CHECK(::read(started[0], &ignored, 1) == 1);
  std::this_thread::sleep_for(after);
  ::kill(child, SIGKILL);
  CHECK(::waitpid(child, nullptr, 0) == child);
  for (const int end : started) ::close(end);
}

TEST_CASE("however a process is killed while it joins batches, every line is still there") {
  constexpr std::size_t kBatches = 300;
  std::mt19937 random(20240301);
  std::size_t whole = 0, joined = 0;
  for (int round = 0; round < 60; ++round) {
    SpoolWorld world;
    world.options.few_files = 20;
    LeaveSmall(world, kBatches);
    JoinAndKill(world, std::chrono::microseconds(std::uniform_int_distribution<int>(0, 20'000)(random)));
    const std::size_t files = world.BatchFiles().size();
    whole += files >= kBatches ? 1 : 0;
    joined += files < kBatches ? 1 : 0;
    world.options.few_files = kBatches;
    const auto spool = world.Open();
    std::set<std::string> lines;
    while (const auto next = spool->Next()) {
      for (std::size_t i = 0; i < next->batch->line_count(); ++i) lines.emplace(next->batch->line(i));
      spool->Acknowledge(next->id);
    }
    CAPTURE(round, files);
    CHECK(lines.size() == kBatches);
    CHECK(spool->TakeChanges().losses.empty());
    CHECK(world.BatchFiles().empty());
  }
  CHECK(whole > 0);  // else it was always killed too late or too soon to tell anything
  CHECK(joined > 0);
}

}  // namespace
}  // namespace vmtelem
