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
  return pace != Pace::kGrow && now >= opened_at_ + MostAge();
}

std::optional<SteadyTime> Batcher::DueAt(Pace pace) const {
  if (open_.empty() || pace == Pace::kGrow) return std::nullopt;
  return opened_at_ + MostAge();
}

// The stamp of the first line says where in a batch age it came; what its collection took is left out.
Nanoseconds Batcher::MostAge() const {
  const Nanoseconds age = options_.batch_max_age;
  if (!options_.flush_phase || age == Nanoseconds::zero()) return age;
  const auto phase =
      Nanoseconds(static_cast<Nanoseconds::rep>(*options_.flush_phase * static_cast<double>(age.count())));
  return (phase - Nanoseconds(open_.first_wall_ns) % age + age) % age;
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
