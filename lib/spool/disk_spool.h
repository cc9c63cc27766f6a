#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/gzip.h"
#include "base/log.h"
#include "base/log_throttle.h"
#include "model/batch_outcome.h"
#include "model/delivery.h"
#include "spool/batch_joiner.h"
#include "spool/batches_beside.h"
#include "spool/damaged_files.h"
#include "spool/dead_letters.h"
#include "spool/fs/directory_watch.h"
#include "spool/known_directories.h"
#include "spool/large_batches.h"
#include "spool/memory_batches.h"
#include "spool/read_retries.h"
#include "spool/spool_file.h"
#include "spool/spool_index.h"
#include "spool/spool_lock.h"
#include "spool/spool_name.h"
#include "spool/spool_rate.h"
#include "spool/spool_room_maker.h"
#include "spool/unremoved_files.h"

namespace vmtelem {

struct DiskSpoolOptions {
  SpoolLimits limits;
  std::uint64_t memory_max_bytes = std::uint64_t{64} << 20U;  // of what cannot be written
  std::uint64_t few_files = 5'000;                            // beyond it small batches are joined
};

// A Spool whose store is the file system:
//
//   ROOT/<target>/lock                                              who delivers
//   ROOT/<target>/service                                           who is the service
//   ROOT/<target>/<first_ns>-<last_ns>-<lines>-<sequence>.lp.gz     a batch that waits
//   ROOT/<target>/damaged/  ROOT/<target>/rejected/                 for people; bounded
//
// The names are the index, the files are the state: what is there is not delivered, what is delivered is not there.
// A file that cannot be used is a loss, whose reason names it. Nothing of this fails. While the disk does not take
// batches, or somebody else holds the lock, they are kept in memory, the oldest given up first (the newest if it is for
// want of space), and written as soon as that works. What was handed out meanwhile is not written by the spool but by
// who has it, for lines of it may be settled: see AddIfDurable(). While somebody else holds the lock batches are added,
// and that process delivers them, and keeps the bounds. Which batches go for the space on the disk says SpoolRoomMaker.
//
// Where more files wait than DiskSpoolOptions::few_files, small batches are joined, see BatchJoiner: their lines stay
// what they are, durable and waiting.
//
// What has more text than this program ever seals is handed out in parts, see LargeBatches.
//
// A file that is gone from its directory is lost, or, if another process had the lock meanwhile, handed over. A
// directory that is gone, because it was moved away or its file system is not mounted, may come back: what waits in it
// is away, still spooled, and waits again as the same batches when the directory is back at its place, or their files
// are in the one that is there now: they are known by their names. Nothing is taken from there meanwhile, nor if no
// other directory can be made at its place: that needs the lock. The directory that was there meanwhile is away then,
// with what was written to it. What was handed out and has its file in a directory that is away is displaced: who has
// it is to keep it anew, and its old file is removed if it comes back. What is still away when the process ends is
// dropped in the books; the files, wherever they are, are for the next process that finds them at its place. A
// directory that was removed does not come back: its files are gone.
//
// Writer's thread. May block for as long as the disk does.
class DiskSpool final : public Spool {
 public:
  // The lock is tried again whenever it is not held; `clock` must outlive the spool.
  DiskSpool(DiskSpoolOptions options, SpoolLock lock, Clock& clock, LoggerPtr log);

  Kept Add(std::shared_ptr<const Batch> batch) override;
  std::optional<std::uint64_t> AddIfDurable(std::shared_ptr<const Batch> batch) override;
  std::optional<std::uint64_t> AddInPlace(std::shared_ptr<const Batch> batch) override;
  std::optional<SpooledBatch> Take(std::uint64_t id) override;
  std::optional<SpooledBatch> Next() override;
  void Acknowledge(std::uint64_t id, const Unwritten& but = {}) override;
  void KeepRejected(std::string_view line, std::string_view reason) override;
  SpoolChanges CatchUp() override;
  void Tidy() override;
  std::vector<SpoolLoss> GiveUpAway() override;
  [[nodiscard]] SpoolStats stats() const override;
  [[nodiscard]] std::vector<std::string> UnreadablePaths() const override;

 private:
  using Id = SpoolIndex::Id;
  using Why = std::optional<std::string>;  // what is wrong; nothing: it worked

  // disk_spool_open.cc
  Why Open();
  void OpenDirectory();
  void NoteElsewhere();
  void Account(const std::vector<BatchesBeside::Settled>& settled);
  void HandOver(Id id);
  void TakeOver();
  KnownDirectories::Number PresentDirectory();
  void EnterDirectory();
  bool RemoveSettledFiles();
  void RemoveAllSettled();
  void LookForNew();
  bool LookAt(const SpoolName& name);
  std::vector<std::string> ListDirectory();
  void Recover(const SpoolName& name, std::uint32_t bytes);
  void SetAsideTooLarge(const SpoolName& name);
  void LogOthers();

  // disk_spool_write.cc
  [[nodiscard]] std::shared_ptr<const Batch> Packed(std::shared_ptr<const Batch> batch);
  Why Store(const Batch& batch, SpoolEntry& entry);
  Why StoreInPlace(const Batch& batch, SpoolEntry& entry);
  Why BeginStoring(const Batch& batch, SpoolEntry& entry);
  Why WriteBeside(const Batch& batch, SpoolEntry& entry);
  void BecameFile(const Batch& batch, SpoolEntry& entry) const;
  Why GiveUpFile(Id id, const std::string& reason);
  Id KeepInMemory(const SpoolName& name, std::shared_ptr<const Batch> batch);
  static SpoolName NameOf(const Batch& batch);
  std::size_t Persist();
  void BecameFile(const std::vector<MemoryBatches::Item>& parts, const SpoolEntry& entry);
  void NoteDisk(Why trouble);

  // disk_spool_large.cc
  void BeginParts(Id id);
  std::optional<SpooledBatch> NextPart();

  // disk_spool.cc
  Id AddStored(const SpoolEntry& entry, std::shared_ptr<const Batch> batch);
  [[nodiscard]] bool delivers() const { return lock_.state() == SpoolLock::State::kHeld; }
  std::optional<SpooledBatch> HandOut(Id id);
  void Settle(Id id, const BatchOutcome& outcome);
  std::shared_ptr<const Batch> Load(Id id);
  [[nodiscard]] tl::expected<std::shared_ptr<const Batch>, SpoolFileFault> Read(const SpoolName& name) const;
  void SettleUnread(Id id, const SpoolFileFault& fault);
  std::vector<Id> FindGone();
  void Lose(Id id, std::string reason);
  void Forget(Id id, const std::optional<BatchOutcome>& outcome);
  bool RemoveFile(const SpoolName& name, const BatchOutcome& outcome);
  [[nodiscard]] std::string PathOf(const SpoolName& name) const;
  void Warn(const std::string& kind, const std::string& message);

  const DiskSpoolOptions options_;
  SpoolLock lock_;
  Clock& clock_;
  const LoggerPtr log_;
  LogThrottle throttle_;

  std::uint64_t opened_ = 0;  // lock_.times_taken() of the directory that was listed
  SpoolSequence sequence_;
  SpoolRate rate_;
  SpoolIndex index_;
  KnownDirectories directories_;
  MemoryBatches ring_;
  struct {
    Id id = 0;
    std::shared_ptr<const Batch> batch;
  } newest_;  // most batches are taken as soon as they are added: those need not be read
  UnremovedFiles unremoved_;
  std::set<SpoolName> unseen_;        // reported, but could not be looked at yet
  std::set<SpoolName> left_damaged_;  // could not be moved aside: each of these files is a loss once
  std::set<SpoolName> unreadable_;    // could not be read when they were to be handed out, and wait
  BatchesBeside beside_;
  std::set<KnownDirectories::Number> elsewhere_;  // another process delivers from there, or did until it went away
  bool list_again_ = false;                       // a listing of the directory missed something
  SpoolChanges changes_;
  Why trouble_, last_trouble_, logged_trouble_;  // last_: of the last attempt to write, however long ago that was
  bool logged_others_ = false;

  SpoolRoomMaker room_;
  GzipCompressor compressor_;
  BatchJoiner joiner_;
  DirectoryWatch watch_;
  LargeBatches large_;
  ReadRetries retries_;
  DamagedFiles damaged_;
  DeadLetters letters_;
};

}  // namespace vmtelem
