#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "spool/awaited_batch.h"
#include "spool/spool_index.h"

namespace vmtelem {

// The batches that this process has in a target's directory while another one delivers from it, which settles them.
// The outcome of a batch can be read as long as its file is held open, which is done for the kMostHeld oldest. Of a
// file that is gone before it is held it is not known whether it was delivered, joined or given up: that is no loss.
// Not thread-safe.
class BatchesBeside {
 public:
  static constexpr std::size_t kMostHeld = 256;  // of the 1,024 descriptors that a process may have

  struct Settled {
    SpoolName name;
    std::optional<BatchOutcome> outcome;  // nothing: it is not known
  };

  // `file` as WriteAndHold() gives it.
  void Add(const SpoolName& name, FileDescriptor file);
  // The batches of this directory, which `index` has entered, that were settled since the last time.
  std::vector<Settled> TakeSettled(const FileDescriptor& directory, const SpoolIndex& index);
  // The same of those that are held, when this process has taken the right to deliver from the directory: from now on
  // it settles the batches there itself.
  std::vector<Settled> End(const FileDescriptor& directory, const SpoolIndex& index);

 private:
  std::vector<Settled> LookAtHeld(const FileDescriptor& directory);
  // Whether it is gone. If not, it is held from now on if there is room for that.
  bool IsGone(const FileDescriptor& directory, const SpoolName& name);

  std::map<SpoolName, AwaitedBatch> held_;
};

}  // namespace vmtelem
