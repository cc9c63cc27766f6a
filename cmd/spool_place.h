#pragma once

#include <optional>

#include "cmd/command.h"
#include "spool/spool_lock.h"

namespace vmtelem {

// The lock of this command's place in the spool, whether it could be taken or not. Nothing if the command keeps what
// waits in memory: it was told to, it prints, or no directory can be had, of which it warns.
std::optional<SpoolLock> LockSpool(const Context& context, SpoolRole role);

}  // namespace vmtelem
