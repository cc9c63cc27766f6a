#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/batch_outcome.h"
#include "spool/damaged_files.h"
#include "spool/fs/directory_watch.h"
#include "spool/spool_contents.h"
#include "spool/spool_lock.h"
#include "spool/spool_log.h"
#include "spool/unremoved_files.h"

namespace vmtelem {

// The files in the directory of a target, while this process delivers from it: finds batches that others put there,
// removes those that are settled, and moves files aside that can be no batch. Writer's thread; what it refers to must
// outlive it. Blocks as long as the disk does.
class SpoolFiles {
 public:
  SpoolFiles(const SpoolLock& lock, SpoolContents& contents, Clock& clock, SpoolLog& log)
      : lock_(lock), contents_(contents), clock_(clock), log_(log) {}

  // The directory is another one than before, or was another process's until now: recovers all that waits in it.
  void Begin();
  // It is not there any more: forgets files that were noticed in it.
  void Leave() { unseen_.clear(); }
  // Recovers batches that were put into it since.
  void FindNew();
  // The batches that should wait in it, and whose files are gone.
  [[nodiscard]] std::vector<SpoolIndex::Id> FindGone();

  // Of a batch that is settled: removes its file, as soon as that can be done and the directory is there that holds it.
  void Remove(const SpoolEntry& entry, const BatchOutcome& outcome);
  void RemoveLater(const SpoolEntry& entry, const BatchOutcome& outcome);
  // Tries those again that could not be removed. False if there was no time for all.
  bool RemoveRest();
  // The process ends, and settled batches whose files stay would be sent again.
  void RemoveRestAtEnd();

  // Moves the file of a damaged batch aside. Returns what became of it, to follow its path in a sentence.
  std::string SetAside(const SpoolName& name) { return damaged_.SetAside(lock_.directory(), name); }

  [[nodiscard]] std::string PathOf(const SpoolName& name) const;

 private:
  bool RemoveNow(const SpoolName& name, const BatchOutcome& outcome);
  bool LookAt(const SpoolName& name);
  std::vector<std::string> List();
  void Recover(const SpoolName& name, std::uint32_t bytes);
  void SetAsideTooLarge(const SpoolName& name);

  const SpoolLock& lock_;
  SpoolContents& contents_;
  Clock& clock_;
  SpoolLog& log_;
  DirectoryWatch watch_;
  DamagedFiles damaged_;
  UnremovedFiles unremoved_;
  std::set<SpoolName> unseen_;  // reported, but could not be looked at yet
  bool list_again_ = false;     // a listing of the directory missed something
};

}  // namespace vmtelem
