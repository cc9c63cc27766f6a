#pragma once

#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "model/agent_report.h"
#include "model/delivery.h"
#include "model/delivery_options.h"
#include "ship/ledger.h"
#include "ship/line_queue.h"
#include "ship/sample_outcome.h"
#include "ship/writer.h"

namespace vmtelem {

// Where lines go and where they wait for it.
struct DeliveryTarget {
  std::unique_ptr<Sink> sink;
  std::unique_ptr<Spool> spool;
};

// What carries lines to a sink; the parts refer to one another, so they live and die together.
struct DeliveryPipeline {
  // All but `to` must outlive this.
  DeliveryPipeline(const DeliveryOptions& options, DeliveryTarget to, Clock& clock, const LoggerPtr& log,
                   SampleOutcome* sample = nullptr)
      : target(std::move(to)),
        queue(options.line_memory_bytes(), ledger, [this] { target.sink->Wake(); }),
        writer(options, {queue, *target.spool, *target.sink, ledger, clock, sample}, log) {}

  [[nodiscard]] AgentReport report() const;  // of delivery; any thread

  DeliveryTarget target;
  Ledger ledger;
  LineQueue queue;
  Writer writer;
};

}  // namespace vmtelem
