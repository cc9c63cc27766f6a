#include "ship/batcher.h"

#include <algorithm>
#include <utility>

namespace vmtelem {

void Batcher::Add(Lines lines, SteadyTime now) {
  if (lines.empty()) return;
  if (open_.empty()) opened_at_ = now;
  open_.Append(std::move(lines));
}

bool Batcher::Due(SteadyTime now, Pace pace) const {
  if (open_.empty()) return false;
  if (AtMost()) return true;
  if (pace == Pace::kPrompt && open_.count >= options_.batch_max_lines) return true;
  return pace != Pace::kGrow && now >= opened_at_ + options_.batch_max_age;
}

std::optional<SteadyTime> Batcher::DueAt(Pace pace) const {
  if (open_.empty() || pace == Pace::kGrow) return std::nullopt;
  return opened_at_ + options_.batch_max_age;
}

bool Batcher::AtMost() const { return open_.count >= MostLines() || open_.bytes.size() >= options_.batch_max_bytes(); }

Batch Batcher::Take() {
  const bool fits = open_.count <= MostLines() && open_.bytes.size() <= options_.batch_max_bytes();
  return Batch(fits ? std::exchange(open_, Lines{}) : open_.CutFront(SizeOfFront()));
}

std::size_t Batcher::SizeOfFront() const {
  std::size_t count = 0, end = 0;
  while (count < MostLines() && end < open_.bytes.size()) {
    const std::size_t next = std::min(open_.bytes.find('\n', end), open_.bytes.size() - 1) + 1;
    if (next > options_.batch_max_bytes() && count > 0) break;
    end = next;
    ++count;
  }
  return end;
}

}  // namespace vmtelem
