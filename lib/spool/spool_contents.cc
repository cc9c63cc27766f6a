#include "spool/spool_contents.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace vmtelem {

SpoolContents::Id SpoolContents::AddInMemory(const SpoolName& name, std::shared_ptr<const Batch> batch) {
  const Id id = index_.Add({name, 0, true});
  memory_.Put(name, {id, std::move(batch)});
  return id;
}

void SpoolContents::Recover(const SpoolName& name, std::uint32_t disk_bytes) {
  index_.Add({name, disk_bytes, false});
  changes_.recovered_lines += name.lines;
}

void SpoolContents::Persisted(const std::vector<MemoryBatches::Item>& parts, const SpoolEntry& entry) {
  for (const MemoryBatches::Item& part : parts) {
    memory_.Take(index_.Find(part.id)->name);
    if (part.id != parts.front().id) index_.Forget(part.id);
  }
  index_.Replace(parts.front().id, entry);
  changes_.persisted_lines += entry.name.lines;
}

void SpoolContents::Forget(Id id) {
  memory_.Return(id);
  unreadable_.erase(index_.Find(id)->name);
  index_.Forget(id);
}

// Lines that are in another batch by now are counted by the process that made it, and recovered here if it is found.
void SpoolContents::SettledElsewhere(Id id, const std::optional<BatchOutcome>& outcome, const std::string& path) {
  if (!outcome) return HandOver(id);
  const SpoolName name = index_.Find(id)->name;
  Forget(id);
  changes_.written_lines += outcome->written;
  changes_.rejected_lines += outcome->rejected;
  changes_.handed_over_lines += outcome->waiting;
  if (outcome->dropped == 0) return;
  changes_.losses.push_back({outcome->dropped, true, name.first_wall_ns, name.last_wall_ns,
                             fmt::format("{}/{}: {}", path, FormatSpoolName(name), outcome->reason)});
}

void SpoolContents::HandOver(Id id) {
  changes_.handed_over_lines += index_.Find(id)->name.lines;
  Forget(id);
}

void SpoolContents::Lose(Id id, std::string reason) {
  const SpoolEntry entry = *index_.Find(id);
  if (entry.in_memory) memory_.Take(entry.name);
  const std::size_t lines = large_.GiveUp(id).value_or(entry.name.lines);
  Forget(id);
  changes_.losses.push_back(
      {lines, !entry.in_memory, entry.name.first_wall_ns, entry.name.last_wall_ns, std::move(reason)});
}

std::optional<SpoolLoss> SpoolContents::GiveUp(const std::vector<Id>& ids, const std::string& reason) {
  SpoolLoss loss{0, true, SpoolIndex::kLastStamp, SpoolIndex::kFirstStamp, reason, ids.size()};
  for (const Id id : ids) {
    const SpoolName name = index_.Find(id)->name;
    loss.lines += large_.GiveUp(id).value_or(name.lines);
    loss.first_wall_ns = std::min(loss.first_wall_ns, name.first_wall_ns);
    loss.last_wall_ns = std::max(loss.last_wall_ns, name.last_wall_ns);
    Forget(id);
  }
  return loss.lines > 0 ? std::optional(std::move(loss)) : std::nullopt;
}

SpoolStats SpoolContents::stats() const {
  return {.batches = index_.batches(),
          .lines = index_.lines() - large_.settled_lines(),
          .bytes = index_.file_bytes() + memory_.bytes(),
          .memory_batches = index_.batches() - index_.files(),
          .memory_bytes = memory_.bytes(),
          .away_lines = index_.away_lines(),
          .unreadable_batches = unreadable_.size()};
}

}  // namespace vmtelem
