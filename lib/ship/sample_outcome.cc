#include "ship/sample_outcome.h"

#include <algorithm>
#include <utility>

namespace vmtelem {

SampleOutcome::SampleOutcome(Lines sample) : sample_(std::move(sample)) {
  for (std::size_t i = 0; i < sample_.line_count(); ++i) open_.insert(sample_.line(i));
}

void SampleOutcome::Stored(const Batch& sent, const Verdict& verdict) {
  if (!MayHold(sent.first_wall_ns(), sent.last_wall_ns())) return;
  for (std::size_t i = 0; i < sent.line_count(); ++i) {
    const bool is_named = std::binary_search(verdict.lines.begin(), verdict.lines.end(), i);
    if (!is_named) written_ += open_.erase(sent.line(i));
  }
}

void SampleOutcome::Rejected(const Rejection& rejection) {
  for (const std::string& line : rejection.texts) {
    if (open_.erase(line) == 0) continue;
    ++rejected_;
    reason_ = rejection.reason;
  }
}

void SampleOutcome::Lost(const SpoolLoss& loss) {
  if (MayHold(loss.first_wall_ns, loss.last_wall_ns)) lost_ += loss.lines;
}

BatchOutcome SampleOutcome::outcome() const {
  const std::uint64_t lost = std::min<std::uint64_t>(lost_, open_.size());
  return {written_, rejected_, lost, open_.size() - lost, reason_};
}

// A backlog of days is older than the sample, and need not be compared line by line.
bool SampleOutcome::MayHold(std::int64_t first_wall_ns, std::int64_t last_wall_ns) const {
  return !open_.empty() && first_wall_ns <= sample_.last_wall_ns() && last_wall_ns >= sample_.first_wall_ns();
}

}  // namespace vmtelem
