#pragma once

#include <string>

#include "base/gzip.h"
#include "file_hooks.h"
#include "spool_world.h"

namespace vmtelem {

inline constexpr std::size_t kFew = 40;

// A spool of small batches of one line each, left by somebody: so many that they are joined, or just not.
class ManyWorld : public SpoolWorld {
 public:
  explicit ManyWorld(std::size_t files = kFew + 1) {
    file_hooks::Reset();
    options.few_files = kFew;
    std::filesystem::create_directories(directory());
    for (std::size_t i = 0; i < files; ++i) Leave(i);
  }
  ~ManyWorld() { file_hooks::Reset(); }
  ManyWorld(const ManyWorld&) = delete;
  ManyWorld& operator=(const ManyWorld&) = delete;

  void Leave(std::size_t number, std::size_t lines = 1, const std::string& note = "") {
    const Lines text = SampleLines(number, lines);
    const SpoolName name{text.first_wall_ns, text.last_wall_ns, 7, static_cast<std::uint32_t>(lines)};
    WriteFileBytes(directory() / FormatSpoolName(name), compressor_.Compress(note + text.bytes).value());
  }

  static SpoolChanges Look(DiskSpool& spool) {
    SpoolChanges changes = spool.CatchUp();
    spool.Tidy();
    return changes;
  }

  // Until nothing more happens.
  static SpoolChanges Join(DiskSpool& spool) {
    SpoolChanges all;
    for (std::uint64_t before = 0; before != spool.stats().batches;) {
      before = spool.stats().batches;
      SpoolChanges changes = Look(spool);
      all.recovered_lines += changes.recovered_lines;
      all.losses.insert(all.losses.end(), changes.losses.begin(), changes.losses.end());
    }
    return all;
  }

  [[nodiscard]] std::size_t PathsLeft(std::size_t from, std::size_t count) const {
    std::size_t left = 0;
    for (std::size_t i = from; i < from + count; ++i) {
      const auto stamp = static_cast<std::int64_t>(i);
      left += std::filesystem::exists(directory() / FormatSpoolName({stamp, stamp, 7, 1})) ? 1 : 0;
    }
    return left;
  }

 private:
  GzipCompressor compressor_;
};

inline std::string AllText(DiskSpool& spool) {
  std::string text;
  while (const auto next = spool.Next()) {
    text += next->batch->bytes();
    spool.Acknowledge(next->id);
  }
  return text;
}

}  // namespace vmtelem
