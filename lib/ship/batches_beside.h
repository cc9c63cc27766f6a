#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "ship/awaited_batch.h"

namespace vmtelem {

// The batches that this process added to a target's directory while another one delivers from it, which settles them.
// What became of a batch is known as long as its file is held open, and those are at most kMostHeld, the oldest: what
// is settled before it is held is dropped for this process, since nobody says what became of it. Not thread-safe.
class BatchesBeside {
 public:
  static constexpr std::size_t kMostHeld = 256;  // of the 1,024 descriptors that a process may have

  struct Settled {
    SpoolName name;
    BatchOutcome outcome;
  };

  // `file` as WriteAndHold() gives it.
  void Add(const SpoolName& name, FileDescriptor file);
  // Those that were settled since the last time.
  std::vector<Settled> TakeSettled(const FileDescriptor& directory);
  // The same, when this process has taken the right to deliver from the directory: it settles all others itself.
  std::vector<Settled> End(const FileDescriptor& directory);

 private:
  void HoldMore(const FileDescriptor& directory, std::vector<Settled>& settled);

  std::map<SpoolName, AwaitedBatch> held_;
  std::set<SpoolName> others_;
};

}  // namespace vmtelem
