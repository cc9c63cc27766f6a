#pragma once

#include <string>

#include "base/result.h"
#include "model/batch.h"

namespace vmtelem {

// Leaves a batch in a spool for the process that delivers from it, now or some day, and gives the path of its file,
// which is gone when that is done. Durable when it returns without an error; kCannotCreate or kIo names the directory.
// Needs no lock, and gives up nothing to make room: the process that delivers keeps the bounds.
Result<std::string> LeaveInSpool(const std::string& root, const std::string& target, const Batch& batch);

}  // namespace vmtelem
