#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cmd/command.h"
#include "model/delivery.h"
#include "spool/spool_lock.h"

namespace vmtelem {

// The place of one target in the spool.
struct SpoolPlace {
  std::string root;
  std::string target;
};

// Nothing if this command keeps what waits in memory: it was told to, it prints, or no directory can be had, which it
// warns of.
std::optional<SpoolPlace> FindSpoolPlace(const Context& context);

std::unique_ptr<Spool> MakeMemorySpool(const Context& context);
std::unique_ptr<Spool> MakeDiskSpool(const Context& context, SpoolLock lock, Clock& clock, const LoggerPtr& log);

// The spool of a service: fails with kInUse if another process delivers from the same place.
Result<std::unique_ptr<Spool>> OpenSpool(const Context& context, Clock& clock);

}  // namespace vmtelem
