#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/gzip.h"
#include "base/result.h"
#include "spool/batch_joiner.h"
#include "spool/spool_contents.h"
#include "spool/spool_directory.h"
#include "spool/spool_log.h"
#include "spool/spool_room_maker.h"

namespace vmtelem {

// Brings the batches of a spool to the disk: makes room, writes, and keeps batches in memory while the disk does not
// take them. Joins small batches. While another process delivers it adds to that one's batches and gives up none of
// them. Each attempt to write has a name of its own, since nobody can say for sure that a failed one has left no file.
// Writer's thread; what it refers to must outlive it. Blocks as long as the disk does.
class SpoolWriter {
 public:
  using Id = SpoolIndex::Id;

  SpoolWriter(const DiskSpoolOptions& options, SpoolContents& contents, SpoolDirectory& directory, Clock& clock,
              SpoolLog& log);

  // The batch with its gzip; as it is if there is no memory for that.
  std::shared_ptr<const Batch> Pack(const Batch& batch);

  // Writes a packed batch, at the cost of older ones. Its id; nothing if it is not on the disk.
  std::optional<Id> Store(const Batch& batch);
  // The same for one that takes the place of others, which makes room for it, though later: nothing is given up, and no
  // bound is asked for.
  std::optional<Id> StoreInPlace(const Batch& batch);
  // Keeps one that could not be stored. The oldest in memory goes for it; beside a full disk the newest, since on the
  // disk no batch goes for one that is not written. Where the disk is away there is only the bound of memory.
  Id KeepInMemory(std::shared_ptr<const Batch> batch);

  // Writes, for a while, batches that only memory holds.
  void Persist();
  // Joins some small batches if there are many, or if they take room that is short.
  void JoinSome();
  void KeepBounds() { room_.KeepBounds(); }
  void Delivered() { room_.Delivered(); }
  std::optional<std::uint64_t> LeftBytes() { return room_.LeftBytes(); }

  // The result of an attempt to open or to write.
  template <class T>
  void NoteDisk(const Result<T>& attempt) {
    NoteTrouble(attempt ? std::nullopt : std::optional(attempt.error().message));
  }
  [[nodiscard]] bool takes_batches() const { return !trouble_; }
  [[nodiscard]] const std::optional<std::string>& last_trouble() const { return last_trouble_; }
  [[nodiscard]] bool makes_room() const { return joiner_.is_under_way(); }

 private:
  Result<SpoolName> Begin(const Batch& batch);
  Result<SpoolEntry> Write(const Batch& batch);
  Result<SpoolEntry> WriteInPlace(const Batch& batch);
  Result<SpoolEntry> WriteBeside(const Batch& batch, const SpoolName& name);
  [[nodiscard]] SpoolEntry EntryOf(const Batch& written, const SpoolName& name) const;
  Result<void> GiveUp(Id id, const std::string& reason);
  void NoteTrouble(std::optional<std::string> trouble);
  [[nodiscard]] const FileDescriptor& place() const { return directory_.lock().directory(); }

  const DeliveryOptions& options_;
  SpoolContents& contents_;
  SpoolDirectory& directory_;
  Clock& clock_;
  SpoolLog& log_;
  SpoolSequence sequence_;
  GzipCompressor compressor_;
  SpoolRoomMaker room_;
  BatchJoiner joiner_;
  std::optional<std::string> trouble_, last_trouble_;  // last_: of the last attempt, however long ago that was
};

}  // namespace vmtelem
