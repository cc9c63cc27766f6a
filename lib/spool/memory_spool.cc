#include "spool/memory_spool.h"

#include <utility>

namespace vmtelem {

SpooledBatch MemorySpool::Add(std::shared_ptr<const Batch> batch) {
  SpooledBatch added{++last_id_, batch, false};
  ++stats_.batches;
  stats_.lines += batch->line_count();
  stats_.bytes += batch->bytes().size();
  waiting_.emplace(last_id_, std::move(batch));
  while (stats_.bytes > options_.spool_memory_bytes() && waiting_.size() > 1) GiveUpOldest();
  return added;
}

std::optional<SpooledBatch> MemorySpool::Take(std::uint64_t id) {
  const auto found = waiting_.find(id);
  return found == waiting_.end() ? std::nullopt : std::optional(Lend(found));
}

std::optional<SpooledBatch> MemorySpool::Next() {
  return waiting_.empty() ? std::nullopt : std::optional(Lend(waiting_.begin()));
}

SpoolStats MemorySpool::stats() const {
  SpoolStats stats = stats_;
  stats.memory_batches = stats.batches;
  stats.memory_bytes = stats.bytes;
  return stats;
}

SpooledBatch MemorySpool::Lend(Batches::iterator batch) {
  SpooledBatch out{batch->first, batch->second, false};
  handed_out_.insert(waiting_.extract(batch));
  return out;
}

void MemorySpool::Acknowledge(std::uint64_t id, const Unwritten& /*but*/) {
  const auto found = handed_out_.find(id);
  if (found == handed_out_.end()) return;
  Forget(*found->second);
  handed_out_.erase(found);
}

SpoolChanges MemorySpool::CatchUp() {
  SpoolChanges changes;
  changes.losses = std::exchange(losses_, {});
  return changes;
}

void MemorySpool::GiveUpOldest() {
  const Batch& oldest = *waiting_.begin()->second;
  losses_.push_back({oldest.line_count(), false, oldest.first_wall_ns(), oldest.last_wall_ns(), kNoMemoryReason});
  Forget(oldest);
  waiting_.erase(waiting_.begin());
}

void MemorySpool::Forget(const Batch& batch) {
  --stats_.batches;
  stats_.lines -= batch.line_count();
  stats_.bytes -= batch.bytes().size();
}

}  // namespace vmtelem
