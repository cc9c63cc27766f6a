// DiskSpool: batches that are handed out in parts.
#include <utility>

#include "spool/disk_spool.h"

namespace vmtelem {

// Another large one is read before it. NextPart() hands out what is in it.
void DiskSpool::BeginParts(Id id) {
  if (large_.reading()) return index_.Postpone(id);
  auto parts = SpoolFileParts::Open(lock_.directory(), index_.Find(id)->name);
  if (!parts) return SettleUnread(id, parts.error());
  index_.HandOut(id);
  large_.Begin(id, std::move(*parts));
}

// Of a large batch. One whose directory is away is handed out as one that was displaced.
std::optional<SpooledBatch> DiskSpool::NextPart() {
  const auto id = large_.reading();
  if (!id || !large_.has_room()) return std::nullopt;
  const SpoolEntry entry = *index_.Find(*id);
  auto part = large_.Next();
  if (!part) {
    SettleUnread(*id, part.error());
    return std::nullopt;
  }
  unreadable_.erase(entry.name);
  retries_.Succeeded(entry.name);
  if (entry.directory != index_.directory()) changes_.displaced.push_back(part->id);
  return std::move(*part);
}

}  // namespace vmtelem
