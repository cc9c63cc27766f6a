// What a backlog costs: a spool with as many batches as a day of outage leaves, opened and drained by one process; what
// it costs to make batches durable; and the same backlog when it was joined.
//
//   spool_scale [BATCHES] [DIRECTORY]        default: 86400 and a temporary one
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include "base/gzip.h"
#include "fakes/null_logger.h"
#include "spool/disk_spool.h"

namespace vmtelem {
namespace {

constexpr const char* kTarget = "v3_http%3A%2F%2Fdb%3A8181_telemetry";
constexpr std::uint32_t kLines = 240;  // 40 VMs in a second

std::string Text() {
  std::string text;
  for (std::uint32_t i = 0; i < kLines; ++i) {
    text += fmt::format("vm_block,host=node1,vm=guest-{:02},device=vda read_bytes={}i,write_bytes={}i {}\n", i % 40,
                        i * 7'919'231, i * 104'729, 1'700'000'000'000'000'000);
  }
  return text;
}

void Fill(const std::filesystem::path& directory, std::uint64_t batches) {
  std::filesystem::create_directories(directory);
  const std::string body = GzipCompressor().Compress(Text()).value();
  for (std::uint64_t i = 0; i < batches; ++i) {
    const auto stamp = static_cast<std::int64_t>(1'700'000'000'000'000'000 + 1'000'000'000 * i);
    std::ofstream(directory / FormatSpoolName({stamp, stamp, i, kLines}), std::ios::binary) << body;
  }
}

class Stopwatch {
 public:
  explicit Stopwatch(const char* what) : what_(what) {}
  ~Stopwatch() {
    const auto took = std::chrono::steady_clock::now() - begin_;
    fmt::print("{:<28}{:>9.1f} ms\n", what_, Milliseconds(took));
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  const char* what_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

std::size_t HeapBytes() { return ::mallinfo2().uordblks; }

std::unique_ptr<DiskSpool> OpenMeasured(const std::filesystem::path& root, const DeliveryOptions& delivery,
                                        Clock& clock) {
  const std::size_t heap_before = HeapBytes();
  std::unique_ptr<DiskSpool> spool;
  const DiskSpoolOptions options{.delivery = delivery, .free_floor_bytes = 0};
  {
    const Stopwatch open("open");
    spool = std::make_unique<DiskSpool>(options, SpoolLock(root, kTarget), clock, MakeNullLogger());
  }
  const SpoolStats stats = spool->stats();
  fmt::print("{:<28}{:>9} batches, {} lines, {} bytes\n", "found", stats.batches, stats.lines, stats.bytes);
  fmt::print("{:<28}{:>9.1f} KiB\n", "heap for them", static_cast<double>(HeapBytes() - heap_before) / 1024);
  return spool;
}

void Drain(Spool& spool) {
  const std::uint64_t there = spool.stats().lines;
  std::uint64_t lines = 0;
  const Stopwatch drain("read and remove all");
  while (const auto next = spool.Next()) {
    lines += next->batch->line_count();
    spool.Acknowledge(next->id);
  }
  if (lines != there || spool.stats().batches != 0) std::exit(EXIT_FAILURE);
}

void Add(Spool& spool) {
  {
    const Stopwatch add("add 200, each synced");
    for (int i = 0; i < 200; ++i) spool.Add(std::make_shared<const Batch>(Lines{Text(), kLines, i, i}));
  }
  while (const auto next = spool.Next()) spool.Acknowledge(next->id);
}

void Join(Spool& spool) {
  std::chrono::steady_clock::duration longest{};
  std::uint64_t looks = 0;
  {
    const Stopwatch join("join");
    for (std::uint64_t before = 0; before != spool.stats().batches; ++looks) {
      before = spool.stats().batches;
      const auto begin = std::chrono::steady_clock::now();
      spool.CatchUp();
      spool.Tidy();
      longest = std::max(longest, std::chrono::steady_clock::now() - begin);
    }
  }
  fmt::print("{:<28}{:>9} looks, the longest {:.1f} ms\n", "", looks, Milliseconds(longest));
}

void Measure(const std::filesystem::path& root, std::uint64_t batches) {
  SystemClock clock;
  DeliveryOptions delivery;
  delivery.queue_max_bytes = std::uint64_t{128} << 20U;
  delivery.spool_max_bytes = std::uint64_t{1} << 40U;
  Fill(root / kTarget, batches);
  {
    const auto spool = OpenMeasured(root, delivery, clock);
    Drain(*spool);
    Add(*spool);
  }
  Fill(root / kTarget, batches);
  Join(*OpenMeasured(root, delivery, clock));
  Drain(*OpenMeasured(root, delivery, clock));
}

int Run(std::uint64_t batches, std::filesystem::path root) {
  const bool is_temporary = root.empty();
  if (is_temporary) root = std::filesystem::temp_directory_path() / fmt::format("spool_scale_{}", ::getpid());
  Measure(root, batches);
  if (is_temporary) std::filesystem::remove_all(root);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace vmtelem

int main(int argc, char** argv) {
  const std::uint64_t batches = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 86'400;
  return vmtelem::Run(batches, argc > 2 ? argv[2] : "");
}
