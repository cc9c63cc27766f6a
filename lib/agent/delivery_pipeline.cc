#include "agent/delivery_pipeline.h"

namespace vmtelem {

AgentReport DeliveryPipeline::report() const {
  const WriterStats stats = writer.stats();
  AgentReport report;
  report.lines = ledger.counts();
  report.queue_bytes = queue.bytes() + stats.open_bytes + stats.spool.memory_bytes;
  report.spool_bytes = stats.spool.bytes - stats.spool.memory_bytes;
  report.spool_batches = stats.spool.batches - stats.spool.memory_batches;
  report.rejected_displaced_lines = stats.spool.rejected_displaced_lines;
  report.writes = stats.writes;
  report.write_retries = stats.write_retries;
  report.write_latency = stats.write_latency;
  return report;
}

}  // namespace vmtelem
