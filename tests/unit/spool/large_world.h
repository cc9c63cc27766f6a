#pragma once

#include <algorithm>

#include <catch2/catch.hpp>

#include "base/gzip.h"
#include "file_hooks.h"
#include "spool_world.h"

namespace vmtelem {

inline constexpr std::size_t kMiB = std::size_t{1} << 20U;
inline constexpr std::size_t kLineBytes = 1'000, kLines = 12'000,
                             kLinesOfAPart = 4 * kMiB / kLineBytes;  // 12 MB: 3 parts

// Line `number`, which does not become much smaller by gzip. All of one length.
inline std::string LongLine(std::size_t number) {
  std::string line = SampleLine(number);
  line.insert(1, ",t=");
  std::uint64_t noise = 0x9E3779B97F4A7C15U * (number + 1);
  while (line.size() < kLineBytes - 1) {
    noise = noise * 6364136223846793005U + 1442695040888963407U;
    line.insert(4, 1, static_cast<char>('a' + (noise >> 60U)));
  }
  return line + "\n";
}

inline std::string LongLines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += LongLine(i);
  return text;
}

inline const std::string& LargeText() {
  static const std::string text = LongLines(kLines);
  return text;
}

inline const std::string& LargePacked() {
  static const std::string packed = GzipCompressor().Compress(LargeText()).value();
  return packed;
}

// A spool in which somebody has put such batches, at `firsts`.
class LargeWorld : public SpoolWorld {
 public:
  explicit LargeWorld(const std::vector<std::int64_t>& firsts = {100}) {
    file_hooks::Reset();
    std::filesystem::create_directories(directory());
    for (const std::int64_t first : firsts) WriteFileBytes(PathOf(first), LargePacked());
  }
  ~LargeWorld() { file_hooks::Reset(); }
  LargeWorld(const LargeWorld&) = delete;
  LargeWorld& operator=(const LargeWorld&) = delete;

  [[nodiscard]] std::filesystem::path PathOf(std::int64_t first, std::size_t lines = kLines) const {
    return directory() / FormatSpoolName({first, first + 50, 1, static_cast<std::uint32_t>(lines)});
  }
  // In place of the first one. The reason why it is lost, as a whole.
  std::string ReasonOfLoss(const std::string& packed, std::size_t lines) {
    std::filesystem::remove(PathOf(100));
    WriteFileBytes(PathOf(100, lines), packed);
    const auto spool = Open();
    CHECK_FALSE(spool->Next());
    const SpoolChanges changes = spool->CatchUp();
    REQUIRE(changes.losses.size() == 1);
    CHECK((changes.losses[0].durable && changes.losses[0].lines == lines));
    CHECK(spool->stats().batches == 0);
    return changes.losses[0].reason;
  }
};

inline std::vector<SpooledBatch> TakeAll(DiskSpool& spool) {
  std::vector<SpooledBatch> taken;
  while (auto next = spool.Next()) taken.push_back(std::move(*next));
  return taken;
}

inline std::size_t LinesOf(const std::vector<SpooledBatch>& batches) {
  std::size_t lines = 0;
  for (const SpooledBatch& batch : batches) lines += batch.batch->line_count();
  return lines;
}

}  // namespace vmtelem
