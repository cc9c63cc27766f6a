#include "spool/large_batches.h"

#include <utility>

namespace vmtelem {

void LargeBatches::Begin(Id id, std::unique_ptr<SpoolFileParts> parts) {
  reading_ = id;
  parts_ = std::move(parts);
  batches_.emplace(id, Large{});
}

Result<SpooledBatch> LargeBatches::Next() {
  auto batch = parts_->Next();
  if (!batch) return tl::make_unexpected(std::move(batch.error()));
  const Id id = next_part_++;
  out_.emplace(id, Part{*reading_, (*batch)->line_count(), (*batch)->bytes().size()});
  out_bytes_ += (*batch)->bytes().size();
  ++batches_.at(*reading_).parts_out;
  if (parts_->lines_left() == 0) {
    parts_.reset();
    reading_.reset();
  }
  return SpooledBatch{id, std::move(*batch), true};
}

std::optional<LargeBatches::Finished> LargeBatches::FinishPart(Id part, const Unwritten& but) {
  const auto settled = out_.extract(part);
  if (!settled) return std::nullopt;
  const auto [id, lines, bytes] = settled.mapped();
  out_bytes_ -= bytes;
  const auto found = batches_.find(id);
  if (found == batches_.end()) return std::nullopt;  // it was given up
  Large& batch = found->second;
  batch.outcome.written += lines - but.rejected - but.moved;
  batch.outcome.rejected += but.rejected;
  batch.outcome.waiting += but.moved;
  settled_lines_ += lines;
  if (--batch.parts_out > 0 || reading_ == id) return std::nullopt;
  const BatchOutcome outcome = batch.outcome;
  settled_lines_ -= outcome.written + outcome.rejected + outcome.waiting;
  batches_.erase(found);
  return Finished{id, outcome};
}

std::optional<std::size_t> LargeBatches::GiveUp(Id id) {
  const auto found = batches_.find(id);
  if (found == batches_.end()) return std::nullopt;
  const BatchOutcome& outcome = found->second.outcome;
  settled_lines_ -= outcome.written + outcome.rejected + outcome.waiting;
  batches_.erase(found);
  if (reading_ != id) return 0;
  reading_.reset();
  return std::exchange(parts_, nullptr)->lines_left();
}

std::vector<LargeBatches::Id> LargeBatches::PartsOut(Id id) const {
  if (batches_.count(id) == 0) return {id};
  std::vector<Id> parts;
  for (const auto& [part, of] : out_) {
    if (of.of == id) parts.push_back(part);
  }
  return parts;
}

}  // namespace vmtelem
