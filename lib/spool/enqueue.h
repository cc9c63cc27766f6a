#pragma once

#include <string>

#include "base/result.h"
#include "model/batch.h"
#include "spool/awaited_batch.h"

namespace vmtelem {

struct EnqueuedBatch {
  FileDescriptor directory;  // of the target
  AwaitedBatch batch;
};

// Leaves a batch in a spool for the process that delivers from it, now or some day; what becomes of it is known as long
// as the result is kept. Durable when it returns without an error; kCannotCreate or kIo names the directory. Needs no
// lock, and gives up nothing to make room: the process that delivers keeps the bounds.
Result<EnqueuedBatch> EnqueueInSpool(const std::string& root, const std::string& target, const Batch& batch);

}  // namespace vmtelem
