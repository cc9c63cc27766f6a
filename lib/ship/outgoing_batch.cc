#include "ship/outgoing_batch.h"

#include <memory>
#include <utility>

namespace vmtelem {
namespace {

std::shared_ptr<const Batch> Join(const std::vector<SpooledBatch>& parts) {
  if (parts.size() == 1) return parts.front().batch;
  Lines lines;
  for (const SpooledBatch& part : parts) {
    lines.Append(
        {part.batch->bytes(), part.batch->line_count(), part.batch->first_wall_ns(), part.batch->last_wall_ns()});
  }
  return std::make_shared<const Batch>(std::move(lines));
}

}  // namespace

OutgoingBatch::OutgoingBatch(const std::vector<SpooledBatch>& parts, KnownPoison& known)
    : durable_(parts.front().durable), lines_(Join(parts), known) {
  for (const SpooledBatch& part : parts) ids_.push_back(part.id);
}

}  // namespace vmtelem
