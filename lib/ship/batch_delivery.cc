#include "ship/batch_delivery.h"

#include <algorithm>
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

BatchDelivery::BatchDelivery(const std::vector<SpooledBatch>& parts, KnownPoison& known)
    : durable_(parts.front().durable), lines_(Join(parts), known) {
  std::size_t end = 0;
  for (const SpooledBatch& part : parts) {
    ids_.push_back(part.id);
    ends_.push_back(end += part.batch->line_count());
  }
}

std::vector<Unwritten> BatchDelivery::unwritten() const {
  std::vector<Unwritten> unwritten(ids_.size());
  if (ids_.empty()) return unwritten;
  const auto part_of = [&](std::size_t line) -> Unwritten& {
    return unwritten[static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), line) - ends_.begin())];
  };
  const auto& isolated = lines_.pieces().isolated();
  for (std::size_t i = isolated_before_; i < isolated.size(); ++i) ++part_of(isolated[i]).rejected;
  for (const std::uint32_t line : lines_.pieces().Unsettled()) ++part_of(line).moved;
  return unwritten;
}

bool BatchDelivery::Displaced(const std::vector<std::uint64_t>& ids) {
  const bool holds_one = std::find_first_of(ids_.begin(), ids_.end(), ids.begin(), ids.end()) != ids_.end();
  return holds_one && std::exchange(durable_, false);
}

}  // namespace vmtelem
