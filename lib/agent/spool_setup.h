#pragma once

#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "model/delivery.h"
#include "model/delivery_options.h"
#include "spool/spool_lock.h"

// Which spool a command gets. The options must outlive it, and so must the clock.
namespace vmtelem {

std::unique_ptr<Spool> MakeMemorySpool(const DeliveryOptions& options);
std::unique_ptr<Spool> MakeDiskSpool(const DeliveryOptions& options, SpoolLock lock, Clock& clock,
                                     const LoggerPtr& log);

// The spool of a service. Fails with kInUse if another service delivers from the same place, for which it waits half a
// second at most: a `once` is gone in seconds, and does not keep a service from starting.
Result<std::unique_ptr<Spool>> OpenServiceSpool(const DeliveryOptions& options, SpoolLock lock, Clock& clock,
                                                const LoggerPtr& log);

}  // namespace vmtelem
