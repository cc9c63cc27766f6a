#include "ship/memory_spool.h"

#include <utility>

namespace vmtelem {

std::size_t MemorySpool::Add(std::shared_ptr<const Batch> batch) {
  ++stats_.batches;
  stats_.lines += batch->line_count();
  stats_.bytes += batch->bytes().size();
  waiting_.push_back({++last_id_, std::move(batch)});
  std::size_t given_up = 0;
  while (stats_.bytes > max_bytes_ && waiting_.size() > 1) {
    given_up += waiting_.front().batch->line_count();
    Forget(*waiting_.front().batch);
    waiting_.pop_front();
  }
  return given_up;
}

std::optional<SpooledBatch> MemorySpool::Next() {
  if (waiting_.empty()) return std::nullopt;
  SpooledBatch next = std::move(waiting_.front());
  waiting_.pop_front();
  handed_out_.emplace(next.id, next.batch);
  return next;
}

void MemorySpool::Acknowledge(std::uint64_t id) {
  const auto found = handed_out_.find(id);
  if (found == handed_out_.end()) return;
  Forget(*found->second);
  handed_out_.erase(found);
}

void MemorySpool::Forget(const Batch& batch) {
  --stats_.batches;
  stats_.lines -= batch.line_count();
  stats_.bytes -= batch.bytes().size();
}

}  // namespace vmtelem
