#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/batch_outcome.h"
#include "model/delivery.h"
#include "spool/large_batches.h"
#include "spool/memory_batches.h"
#include "spool/spool_index.h"

namespace vmtelem {

// The batches that a spool on a disk holds, and the changes since they were last taken. Each batch stands in the index;
// one that waits in memory only stands in `memory` as well, one that goes out in parts in `large`. It leaves all of
// them at once: when it is settled, lost, given up, or handed over to another process. Touches no file. Not
// thread-safe.
class SpoolContents {
 public:
  using Id = SpoolIndex::Id;

  explicit SpoolContents(const DeliveryOptions& options) : large_(options) {}  // which must outlive it

  [[nodiscard]] SpoolIndex& index() { return index_; }
  [[nodiscard]] MemoryBatches& memory() { return memory_; }
  [[nodiscard]] LargeBatches& large() { return large_; }
  [[nodiscard]] SpoolChanges& changes() { return changes_; }

  Id AddInMemory(const SpoolName& name, std::shared_ptr<const Batch> batch);
  // A batch that somebody else put into the directory.
  void Recover(const SpoolName& name, std::uint32_t disk_bytes);
  // These, which only memory held, are one file now. The first keeps its id.
  void Persisted(const std::vector<MemoryBatches::Item>& parts, const SpoolEntry& entry);

  // This process has settled it.
  void Forget(Id id);
  // Another process, which delivers from the directory at `path`, has settled it; without an outcome it is not
  // known how.
  void SettledElsewhere(Id id, const std::optional<BatchOutcome>& outcome, const std::string& path);
  void HandOver(Id id);
  void Lose(Id id, std::string reason);
  // All these as one loss; nothing if they hold no line.
  std::optional<SpoolLoss> GiveUp(const std::vector<Id>& ids, const std::string& reason);

  // Of a batch on the disk: while its file cannot be read it is kept, and tried again.
  void NoteUnreadable(const SpoolName& name) { unreadable_.insert(name); }
  void NoteReadable(const SpoolName& name) { unreadable_.erase(name); }
  [[nodiscard]] const std::set<SpoolName>& unreadable() const { return unreadable_; }

  // Without the fields that are not about batches.
  [[nodiscard]] SpoolStats stats() const;

 private:
  SpoolIndex index_;
  MemoryBatches memory_;
  LargeBatches large_;
  std::set<SpoolName> unreadable_;
  SpoolChanges changes_;
};

}  // namespace vmtelem
