#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/delivery_pipeline.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "model/agent_report.h"
#include "model/batch_outcome.h"
#include "model/delivery.h"
#include "model/delivery_options.h"
#include "spool/enqueue.h"
#include "spool/spool_lock.h"

namespace vmtelem {

// What became of the lines of one sample, and of what waited in the spool beside them.
struct Delivery {
  LineCounts lines;
  BatchOutcome sample{};         // of the lines that were given, whatever becomes of the rest
  std::optional<Error> fault{};  // why not all are written; none if another process delivers what is left in the spool
  bool delivered_elsewhere = false;       // another process has taken the spool over
  std::vector<std::string> unreadable{};  // files of batches that stay in the spool since they cannot be read
  std::string lost{};                     // of a sample that another process gave up: which process and why; else empty
};

// Those that nobody will deliver and nobody has refused.
std::uint64_t LostLines(const LineCounts& counts);

// Delivers lines that were sampled outside an agent (`once`), if there are any, and what else is in the spool: returns
// when all is stored or refused, the target refuses whatever comes, or the drain time-out has passed.
Delivery DeliverOnce(Lines lines, DeliveryTarget target, const DeliveryOptions& options, Clock& clock,
                     const LoggerPtr& log);

// Delivers one sample from where its lines may wait: from memory, from the spool, or by handing it to the process that
// delivers from the spool already, which is then waited for. For one delivery; blocks for the drain time-out at most,
// and for as long as the disk does.
class SampleDelivery {
 public:
  struct Parts {
    Clock& clock;
    LoggerPtr log;        // of what is sent
    LoggerPtr spool_log;  // what is wrong with the spool: the next time not all may be delivered
    std::unique_ptr<Sink> sink;
  };
  // `options` and the clock outlive this.
  SampleDelivery(const DeliveryOptions& options, Parts parts);

  Delivery FromMemory(Lines lines);
  // `lock` is that of the spool, whether it is held or not.
  Delivery FromSpool(SpoolLock lock, Lines lines);

 private:
  Delivery From(std::unique_ptr<Spool> spool, Lines lines);
  Delivery FromDisk(SpoolLock lock, Lines lines);
  Delivery HandOver(SpoolLock lock, Lines lines);
  Delivery TakeOver(SpoolLock lock, const EnqueuedBatch& left, Lines lines);

  const DeliveryOptions& options_;
  Parts parts_;
};

}  // namespace vmtelem
