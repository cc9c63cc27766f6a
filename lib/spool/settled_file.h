#pragma once

#include <string>

#include "model/batch_outcome.h"
#include "spool/fs/directory.h"

namespace vmtelem {

// Removes the file `name` of a batch that is settled; no error if it is gone already. A process that waits for the
// batch, which shows by a lock (flock) on its file, finds the outcome in it: see AwaitedBatch. That is written over the
// file's first bytes, so it needs no space; if it cannot be written the file stays, and that is an error. Into a file
// that has another name besides nothing is written. A crash in between leaves no file of that name: a settled batch is
// not sent again.
std::error_code RemoveSettled(const FileDescriptor& directory, const std::string& name, const BatchOutcome& outcome);

}  // namespace vmtelem
