#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "model/batch_outcome.h"
#include "model/delivery.h"
#include "model/delivery_options.h"
#include "spool/spool_file_parts.h"
#include "spool/spool_index.h"

namespace vmtelem {

// The batches of a spool with more text than this program ever seals, which somebody else has put there. Such a file is
// handed out in parts, each under an id of its own, and is settled when all of them are. One file is read at a time,
// and only so much of its text is handed out as may be kept in memory. Not thread-safe.
class LargeBatches {
 public:
  using Id = SpoolIndex::Id;
  static constexpr std::size_t kLargeTextBytes = JoinLimits{}.max_text_bytes;

  explicit LargeBatches(const DeliveryOptions& options) : options_(options) {}  // which must outlive it

  static bool IsPart(Id id) { return id >= kFirstPart; }

  // This batch is handed out in parts from now on.
  void Begin(Id id, std::unique_ptr<SpoolFileParts> parts);
  [[nodiscard]] std::optional<Id> reading() const { return reading_; }  // of it not all is handed out
  [[nodiscard]] bool has_room() const {
    return out_bytes_ == 0 || out_bytes_ + kLargeTextBytes <= options_.spool_memory_bytes();
  }
  // The next part of it.
  Result<SpooledBatch> Next();

  // A part is settled. The batch, if all its parts are.
  struct Finished {
    Id id;
    BatchOutcome outcome;
  };
  std::optional<Finished> FinishPart(Id part, const Unwritten& but);
  // The batch is given up: how many of its lines were not handed out. Nothing if it is none of these.
  std::optional<std::size_t> GiveUp(Id id);

  // That are handed out of this batch. The batch itself if it is none of these.
  [[nodiscard]] std::vector<Id> PartsOut(Id id) const;
  [[nodiscard]] std::uint64_t settled_lines() const { return settled_lines_; }  // of batches that are not settled

 private:
  static constexpr Id kFirstPart = Id{1} << 63U;  // an index would have to use a slot 2^31 times
  struct Large {
    BatchOutcome outcome;
    std::size_t parts_out = 0;
  };
  struct Part {
    Id of;
    std::size_t lines, bytes;
  };

  const DeliveryOptions& options_;
  Id next_part_ = kFirstPart;
  std::optional<Id> reading_;
  std::unique_ptr<SpoolFileParts> parts_;
  std::map<Id, Large> batches_;
  std::map<Id, Part> out_;
  std::uint64_t out_bytes_ = 0, settled_lines_ = 0;
};

}  // namespace vmtelem
