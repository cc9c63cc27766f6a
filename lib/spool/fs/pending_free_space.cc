#include "spool/fs/pending_free_space.h"

#include <algorithm>

namespace vmtelem {

void PendingFreeSpace::Removed(std::uint64_t bytes, SteadyTime now) {
  if (bytes == 0) return;
  to_come_.push_back({bytes, now + kWait});
  most_free_ = seen_free_;
}

std::uint64_t PendingFreeSpace::Look(std::uint64_t free_bytes, SteadyTime now) {
  seen_free_ = free_bytes;
  if (free_bytes > most_free_) {
    Came(free_bytes - most_free_);
    most_free_ = free_bytes;
  }
  while (!to_come_.empty() && to_come_.front().until <= now) to_come_.pop_front();
  std::uint64_t sum = 0;
  for (const Part& part : to_come_) sum += part.bytes;
  return sum;
}

void PendingFreeSpace::Came(std::uint64_t bytes) {
  while (bytes > 0 && !to_come_.empty()) {
    Part& oldest = to_come_.front();
    const std::uint64_t came = std::min(bytes, oldest.bytes);
    bytes -= came;
    oldest.bytes -= came;
    if (oldest.bytes == 0) to_come_.pop_front();
  }
}

}  // namespace vmtelem
