#pragma once

#include <functional>
#include <map>

#include "base/clock.h"
#include "model/batch_outcome.h"
#include "spool/known_directories.h"
#include "spool/spool_name.h"

namespace vmtelem {

// The batches that are settled and whose files are still there: they could not be removed yet, or are in a directory
// that is away. They are not sent again. Each call that removes tries the next ones, so that a few that stay for ever
// keep no others. Not thread-safe; blocks for about kRemoveFor.
class UnremovedFiles {
 public:
  using Directory = KnownDirectories::Number;
  static constexpr Nanoseconds kRemoveFor = std::chrono::milliseconds(100);
  static constexpr int kMostRefusals = 16;  // in one call: a disk that takes no change refuses them all

  // Removes a file from the directory that is there now; false: it cannot be removed.
  using Remove = std::function<bool(const SpoolName& name, const BatchOutcome& outcome)>;

  void Add(const SpoolName& name, const BatchOutcome& outcome, Directory directory) {
    files_.insert_or_assign(name, File{outcome, directory});
  }
  // The file of this name is in this directory now. True if it is one of these.
  bool IsIn(Directory directory, const SpoolName& name);
  // Tries the files in this directory. False if there was no time for all.
  bool RemoveFrom(Directory directory, const Remove& remove, Clock& clock);

 private:
  struct File {
    BatchOutcome outcome;
    Directory directory;
  };

  std::map<SpoolName, File> files_;
  SpoolName next_{};  // whose turn it is
};

}  // namespace vmtelem
