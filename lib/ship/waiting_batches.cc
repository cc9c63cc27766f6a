#include "ship/waiting_batches.h"

#include <algorithm>
#include <utility>

namespace vmtelem {
namespace {

bool IsFull(const WaitingBatches::Parts& parts, WaitingBatches::Limit limit) {
  std::size_t lines = 0, bytes = 0;
  for (const SpooledBatch& part : parts) {
    lines += part.batch->line_count();
    bytes += part.batch->bytes().size();
  }
  return lines >= limit.lines || bytes >= limit.bytes;
}

}  // namespace

void WaitingBatches::Sealed(const SpooledBatch& added, SteadyTime now) {
  live_.push_back({added.id, now});
  if (live_.size() > kMaxLive) live_.pop_front();
  spool_empty_ = false;
}

void WaitingBatches::SealedToSend(SpooledBatch added, SteadyTime now) {
  if (next_live_ || !live_.empty() || !spool_.HandOut(added.id)) return Sealed(added, now);
  next_live_ = std::move(added);
  spool_empty_ = false;  // a batch that could not be read before may be readable now
}

WaitingBatches::Parts WaitingBatches::TakeLive(SteadyTime now, Limit limit) {
  Parts parts = Join(next_live_, limit, [&] { return NextLive(now); });
  live_was_full_ = next_live_ || IsFull(parts, limit);
  return parts;
}

WaitingBatches::Parts WaitingBatches::TakeBacklog(Limit limit) {
  Parts parts = Join(next_old_, limit, [this] { return NextOld(); });
  backlog_was_full_ = next_old_ || IsFull(parts, limit);
  return parts;
}

// A batch that is not live any more stays in the spool, where the backlog finds it.
std::optional<SpooledBatch> WaitingBatches::NextLive(SteadyTime now) {
  while (!live_.empty()) {
    const Live oldest = live_.front();
    live_.pop_front();
    if (now > oldest.sealed_at + LiveFor()) continue;
    if (std::optional<SpooledBatch> batch = spool_.Take(oldest.id)) return batch;
  }
  return std::nullopt;
}

std::optional<SpooledBatch> WaitingBatches::NextOld() {
  if (spool_empty_) return std::nullopt;
  std::optional<SpooledBatch> batch = spool_.Next();
  spool_empty_ = !batch;
  return batch;
}

// A batch that does not fit is kept for the next request, since a spool takes nothing back. One without lines is done.
template <typename NextOne>
WaitingBatches::Parts WaitingBatches::Join(std::optional<SpooledBatch>& kept, Limit limit, NextOne next) {
  Parts parts;
  std::size_t lines = 0, bytes = 0;
  while (parts.empty() || (lines < limit.lines && bytes < limit.bytes)) {
    if (!kept) kept = next();
    if (!kept) break;
    if (kept->batch->line_count() == 0) {
      spool_.Acknowledge(std::exchange(kept, std::nullopt)->id);
      continue;
    }
    lines += kept->batch->line_count();
    bytes += kept->batch->bytes().size();
    const bool fits = lines <= limit.lines && bytes <= limit.bytes;
    if (!parts.empty() && (!fits || kept->durable != parts.front().durable)) break;
    parts.push_back(std::move(*std::exchange(kept, std::nullopt)));
  }
  return parts;
}

std::size_t WaitingBatches::Displaced(const std::vector<std::uint64_t>& ids) {
  std::size_t lines = 0;
  for (auto* kept : {&next_live_, &next_old_}) {
    if (!*kept || std::find(ids.begin(), ids.end(), (*kept)->id) == ids.end()) continue;
    if (std::exchange((*kept)->durable, false)) lines += (*kept)->batch->line_count();
  }
  return lines;
}

std::size_t WaitingBatches::MakeDurable() {
  std::size_t lines = 0;
  for (auto* kept : {&next_live_, &next_old_}) {
    if (!*kept || (*kept)->durable) continue;
    auto added = spool_.AddIfDurable((*kept)->batch);
    if (!added) break;
    lines += (*kept)->batch->line_count();
    spool_.Acknowledge((*kept)->id, {.moved = (*kept)->batch->line_count()});
    *kept = spool_.HandOut(added->id) ? std::move(added) : std::nullopt;
    spool_empty_ = false;
  }
  return lines;
}

}  // namespace vmtelem
