#pragma once

#include <string>

#include "base/result.h"
#include "model/batch.h"
#include "spool/awaited_batch.h"

namespace vmtelem {

// A batch in the spool, and the directory to look for its outcome in.
struct EnqueuedBatch {
  FileDescriptor directory;  // of the target
  AwaitedBatch batch;
};

// Leaves a batch in a spool for the process that delivers from it, now or some day; its outcome can be read as long as
// the result is kept. Durable when it returns without an error; kCannotCreate or kIo names the directory, kInternal is
// lack of memory. Needs no lock, and gives up nothing to make room: the process that delivers keeps the bounds.
Result<EnqueuedBatch> EnqueueInSpool(const std::string& root, const std::string& target, const Batch& batch);

}  // namespace vmtelem
