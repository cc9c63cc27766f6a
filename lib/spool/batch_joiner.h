#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/gzip.h"
#include "base/log.h"
#include "model/batch.h"
#include "spool/fs/directory.h"
#include "spool/join_plan.h"
#include "spool/spool_index.h"

namespace vmtelem {

// Makes one batch of many small ones while a spool holds too many files, as after hours of outage, or is nearly full:
// a file takes a whole block, so that small ones fill it with little in them. It goes through the
// spool from the oldest to the newest, one joined batch for each call, so that its owner does other things in between.
// It reads and packs; to write the batch and to remove its parts is its owner's part. Writer's thread; blocks for about
// kReadFor and one compression of 4 MiB.
class BatchJoiner {
 public:
  static constexpr Nanoseconds kReadFor = std::chrono::milliseconds(100);
  static constexpr Nanoseconds kPause = std::chrono::seconds(10);
  static constexpr Nanoseconds kTurn = std::chrono::seconds(3);  // between two calls of its owner, at most
  static constexpr std::uint64_t kFewWhereShort = 100;           // files that are left as they are where space is short
  static constexpr std::int64_t kSettledAfterNs = 60'000'000'000;  // younger batches are sent as they are sealed

  struct Place {
    const FileDescriptor& directory;
    Clock& clock;
    GzipCompressor& compressor;
    JoinLimits limits;
    std::function<bool(std::uint64_t bytes)> is_free;  // so much, for the moment until the parts are removed
    std::function<bool()> is_short;                    // little space is left for batches
  };
  struct Joined {
    Batch batch;                        // with its gzip
    std::vector<SpoolIndex::Id> parts;  // all wait
  };

  // Up to `few_files` are left as they are.
  BatchJoiner(std::uint64_t few_files, LoggerPtr log) : few_files_(few_files), log_(std::move(log)) {}

  // Nothing if there is nothing to join now. A part that another process waits for, that cannot be read, or that is
  // damaged is left as it is.
  std::optional<Joined> Next(const SpoolIndex& index, const Place& place);

  // Whether room is being made by joining so many files where space is short, or is now: then none need be given up.
  bool MakesRoom(std::uint64_t files, SteadyTime now);

  [[nodiscard]] bool is_under_way() const { return under_way_; }

  // It could not be written, so nothing was joined: try again later.
  void Failed(SteadyTime now);

 private:
  bool Begin(std::uint64_t files, std::uint64_t few, SteadyTime now);
  void End(std::uint64_t files);
  [[nodiscard]] std::uint64_t FewOf(std::uint64_t files, const Place& place) const;
  JoinPlan Plan(const SpoolIndex& index, const Place& place) const;
  std::optional<Joined> Read(const SpoolIndex& index, const std::vector<SpoolIndex::Id>& plan, const Place& place);

  const std::uint64_t few_files_;
  const LoggerPtr log_;
  bool under_way_ = false;
  SpoolName next_ = SpoolIndex::kOldest;  // from where it goes on
  std::uint64_t parts_ = 0, joined_ = 0;  // since it began
  std::uint64_t left_ = 0;                // files that it found nothing to join among
  SteadyTime not_before_{}, worked_at_{};
};

}  // namespace vmtelem
