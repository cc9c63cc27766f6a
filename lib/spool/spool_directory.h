#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "spool/batches_beside.h"
#include "spool/known_directories.h"
#include "spool/other_targets.h"
#include "spool/spool_contents.h"
#include "spool/spool_files.h"
#include "spool/spool_lock.h"
#include "spool/spool_log.h"

namespace vmtelem {

// The directory of a target in a spool: whether this process delivers from it, whether it is still the same one, and
// which of its batches another process has settled.
//
// A file that is gone from its directory is lost, or, if another process had the lock meanwhile, handed over. A
// directory that is gone, because it was moved away or its file system is not mounted, may come back: its batches
// are away, still spooled, and wait again as the same ones when the directory is back at its place, or their files
// are in the one that is there now: they are known by their names. Nothing is taken from there meanwhile, nor if no
// other directory can be made at its place: that needs the lock. The directory that was there meanwhile is away then,
// with the batches that were written to it. A batch that is handed out and has its file in a directory that is away is
// displaced. A directory that was removed does not come back: its files are gone.
//
// Writer's thread; what it refers to must outlive it. Blocks as long as the disk does.
class SpoolDirectory {
 public:
  SpoolDirectory(SpoolLock lock, SpoolContents& contents, Clock& clock, SpoolLog& log)
      : lock_(std::move(lock)), contents_(contents), log_(log), files_(lock_, contents, clock, log) {}

  // To be called before anything is written or read: tries to take the lock, and enters the directory that is there
  // now. An error says why batches cannot be written.
  Result<void> Open();
  [[nodiscard]] bool delivers() const { return lock_.state() == SpoolLock::State::kHeld; }

  // A batch that was written there while another process delivers; `file` as WriteAndHold() gives it.
  void AddBeside(const SpoolName& name, FileDescriptor file) { beside_.Add(name, std::move(file)); }
  // The batches that wait and whose files somebody removed, which else shows when they are read.
  std::vector<SpoolIndex::Id> FindGone();
  // Names other targets whose batches wait, once.
  void LogOthers();

  [[nodiscard]] const SpoolLock& lock() const { return lock_; }
  [[nodiscard]] SpoolFiles& files() { return files_; }
  [[nodiscard]] const SpoolFiles& files() const { return files_; }
  [[nodiscard]] OtherTargets& others() { return others_; }

 private:
  void NoteElsewhere();
  void Account(const std::vector<BatchesBeside::Settled>& settled);
  void Begin();
  void TakeOver();
  KnownDirectories::Number PresentDirectory();
  void Enter();
  void LogEntered(std::uint64_t away_before);

  SpoolLock lock_;
  SpoolContents& contents_;
  SpoolLog& log_;
  SpoolFiles files_;
  OtherTargets others_;
  BatchesBeside beside_;
  KnownDirectories known_;
  std::uint64_t opened_ = 0;                      // lock_.times_taken() of the directory that was listed
  std::set<KnownDirectories::Number> elsewhere_;  // another process delivers from there, or did until it went away
  bool logged_others_ = false;
};

}  // namespace vmtelem
