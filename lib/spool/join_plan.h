#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/batch.h"
#include "spool/spool_index.h"

namespace vmtelem {

// How large a batch may be that is made of others.
struct JoinLimits {
  std::size_t max_lines = Batch::kMostLines;
  std::size_t max_text_bytes = Batch::kMostBytes;
  std::size_t max_parts = 1'000;                // each has to be opened and removed: that takes time
  std::int64_t max_gap_ns = 3'600'000'000'000;  // between neighbours: beyond it a clock was wrong
};

// A batch of which two do not fit into one is large: it is no part of another.
inline bool IsLarge(const JoinLimits& limits, std::size_t lines, std::size_t text_bytes) {
  return lines > limits.max_lines / 2 || text_bytes > limits.max_text_bytes / 2;
}

// Whether a batch that begins with these stamps may be part of one that ends with those.
inline bool IsNear(const JoinLimits& limits, std::int64_t last_wall_ns, const SpoolName& next) {
  return next.first_wall_ns <= last_wall_ns ||
         static_cast<std::uint64_t>(next.first_wall_ns) - static_cast<std::uint64_t>(last_wall_ns) <=
             static_cast<std::uint64_t>(limits.max_gap_ns);
}

// The choice of batches in a spool that become one file, made from the index, without reading them. Pure.
class JoinPlan {
 public:
  // Batches with later stamps than `settled_ns` are left alone: they may be about to be sent.
  JoinPlan(const JoinLimits& limits, std::int64_t settled_ns) : limits_(limits), settled_ns_(settled_ns) {}

  // The next batch in the order of delivery, which is taken or passed over. False if the plan ends before it.
  bool Offer(SpoolIndex::Id id, const SpoolEntry& entry);

  // Fewer than two: there is nothing to join.
  [[nodiscard]] const std::vector<SpoolIndex::Id>& parts() const { return parts_; }
  [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }  // of the parts together

 private:
  [[nodiscard]] bool MayBePart(const SpoolEntry& entry) const;
  [[nodiscard]] bool Fits(const SpoolEntry& entry) const;
  void Clear();

  const JoinLimits limits_;
  const std::int64_t settled_ns_;
  std::vector<SpoolIndex::Id> parts_;
  std::uint64_t lines_ = 0, file_bytes_ = 0;
  std::int64_t last_wall_ns_ = 0;
};

}  // namespace vmtelem
