#include "ship/line_queue.h"

#include <algorithm>
#include <utility>

namespace vmtelem {

LineQueue::LineQueue(std::uint64_t max_bytes, Ledger& ledger, std::function<void()> wake)
    : max_bytes_(max_bytes), ledger_(ledger), wake_(std::move(wake)) {}

void LineQueue::Push(Lines lines) {
  if (lines.empty()) return;
  {
    const std::lock_guard guard(mutex_);
    ledger_.Sampled(lines.count, closed_ ? &LineCounts::dropped : &LineCounts::queued);
    if (!closed_) {
      bytes_ += lines.bytes.size();
      waiting_.push_back(std::move(lines));
      if (const std::uint64_t dropped = DropOldest(); dropped > 0) {
        ledger_.Move(&LineCounts::queued, &LineCounts::dropped, dropped);
      }
    }
  }
  wake_();
}

std::uint64_t LineQueue::DropOldest() {
  std::uint64_t dropped = 0;
  while (bytes_ > max_bytes_ && waiting_.size() > 1) {
    dropped += waiting_.front().count;
    NoteDropped(waiting_.front(), waiting_.front().count);
    bytes_ -= waiting_.front().bytes.size();
    waiting_.pop_front();
  }
  if (bytes_ > max_bytes_) {
    const std::size_t last = waiting_.front().bytes.find('\n', bytes_ - max_bytes_ - 1);
    const std::size_t cut = waiting_.front().CutFront(last == std::string::npos ? bytes_ : last + 1).count;
    NoteDropped(waiting_.front(), cut);
    dropped += cut;
    bytes_ = waiting_.front().bytes.size();
  }
  return dropped;
}

void LineQueue::NoteDropped(const Lines& from, std::uint64_t lines) {
  if (!dropped_) dropped_ = {0, false, from.first_wall_ns, from.last_wall_ns, kNoMemoryReason, 0};
  dropped_->lines += lines;
  dropped_->first_wall_ns = std::min(dropped_->first_wall_ns, from.first_wall_ns);
  dropped_->last_wall_ns = std::max(dropped_->last_wall_ns, from.last_wall_ns);
}

std::optional<SpoolLoss> LineQueue::TakeDropped() {
  const std::lock_guard guard(mutex_);
  return std::exchange(dropped_, std::nullopt);
}

Lines LineQueue::TakeAll() {
  std::deque<Lines> taken;
  {
    const std::lock_guard guard(mutex_);
    taken.swap(waiting_);
    bytes_ = 0;
  }
  Lines all;
  for (Lines& lines : taken) all.Append(std::move(lines));
  return all;
}

void LineQueue::Close() {
  {
    const std::lock_guard guard(mutex_);
    closed_ = true;
  }
  wake_();
}

bool LineQueue::closed() const {
  const std::lock_guard guard(mutex_);
  return closed_;
}

std::uint64_t LineQueue::bytes() const {
  const std::lock_guard guard(mutex_);
  return bytes_;
}

}  // namespace vmtelem
