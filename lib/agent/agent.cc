#include "agent/agent.h"

#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/collector.h"
#include "base/text.h"
#include "ship/line_queue.h"
#include "ship/memory_spool.h"

namespace vmtelem {

// What carries lines to a sink; the parts refer to one another, so they live and die together.
struct Shipment {
  Shipment(const AgentOptions& options, std::unique_ptr<Sink> to, Clock& clock, const LoggerPtr& log)
      : sink(std::move(to)),
        queue(options.queue_max_bytes, ledger, [this] { sink->Wake(); }),
        spool(options.queue_max_bytes),
        writer(options.writer, {queue, spool, *sink, ledger, clock}, log) {}

  std::unique_ptr<Sink> sink;
  Ledger ledger;
  LineQueue queue;
  MemorySpool spool;
  Writer writer;
};

struct Agent::State {
  State(AgentOptions o, std::unique_ptr<Source> s, std::unique_ptr<Sink> sink, Clock& clock, const LoggerPtr& l)
      : options(std::move(o)),
        log(l),
        source(std::move(s)),
        shipment(options, std::move(sink), clock, log),
        collector(
            {options.interval, options.encode, options.name, options.on_first_answer}, {*source, shipment.queue, clock},
            [this] { return Report(); }, log) {}

  [[nodiscard]] AgentReport Report() const {
    const WriterStats writer = shipment.writer.stats();
    const CollectorStats collected = collector.stats();
    AgentReport report;
    report.lines = shipment.ledger.counts();
    report.queue_bytes = shipment.queue.bytes() + writer.open_bytes + writer.spool_bytes;
    report.writes = writer.writes;
    report.write_retries = writer.write_retries;
    report.write_latency = writer.write_latency;
    report.names_repaired = collected.names_repaired;
    report.values_out_of_range = collected.values_out_of_range;
    return report;
  }

  // The source is closed last: what waits must not be kept from the database by a hypervisor that blocks.
  void Stop(Nanoseconds drain_timeout) {
    if (std::exchange(stopped, true)) return;
    collector.Stop();
    source->Interrupt();
    if (collecting.joinable()) collecting.join();
    shipment.writer.Stop(drain_timeout);
    if (writing.joinable()) writing.join();
    unreturned_calls = source->Close();
  }

  AgentOptions options;
  LoggerPtr log;
  std::unique_ptr<Source> source;
  Shipment shipment;
  Collector collector;
  std::thread collecting, writing;
  bool stopped = false;
  std::size_t unreturned_calls = 0;
};

Agent::Agent(AgentOptions options, std::unique_ptr<Source> source, std::unique_ptr<Sink> sink, Clock& clock,
             const LoggerPtr& log)
    : state_(std::make_unique<State>(std::move(options), std::move(source), std::move(sink), clock, log)) {}

Agent::~Agent() { state_->Stop(Nanoseconds::zero()); }

void Agent::Start() {
  state_->writing = std::thread([this] { state_->shipment.writer.Run(); });
  state_->collecting = std::thread([this] { state_->collector.Run(); });
}

AgentReport Agent::Stop() {
  state_->Stop(state_->options.drain_timeout);
  return state_->Report();
}

AgentReport Agent::report() const { return state_->Report(); }

std::size_t Agent::unreturned_calls() const { return state_->unreturned_calls; }

std::string Agent::StatusLine() const {
  const AgentReport report = state_->Report();
  const CollectorStats collected = state_->collector.stats();
  const WriterStats writer = state_->shipment.writer.stats();
  std::vector<std::string> faults;
  if (!collected.fault.empty()) faults.push_back(collected.fault);
  if (collected.hung_vms > 0) {
    const std::string_view verb = collected.hung_vms == 1 ? "does" : "do";
    faults.push_back(fmt::format("{} {} not answer", CountOf(collected.hung_vms, "VM"), verb));
  }
  if (writer.fault) faults.push_back(writer.fault->message);
  return fmt::format("{}, {} ({} failed); {} sampled, {} written, {} waiting, {} rejected, {} dropped; {}",
                     CountOf(collected.vms, "VM"), CountOf(collected.cycles, "cycle"), collected.failed_cycles,
                     CountOf(report.lines.sampled, "line"), report.lines.written,
                     report.lines.queued + report.lines.in_flight, report.lines.rejected, report.lines.dropped,
                     faults.empty() ? "all is well" : fmt::format("{}", fmt::join(faults, "; ")));
}

Delivery DeliverOnce(Lines lines, std::unique_ptr<Sink> sink, const AgentOptions& options, Clock& clock,
                     const LoggerPtr& log) {
  Shipment shipment(options, std::move(sink), clock, log);
  shipment.queue.Push(std::move(lines));
  shipment.writer.Stop(options.drain_timeout);
  shipment.writer.Run();
  return {shipment.ledger.counts(), shipment.writer.stats().fault};
}

}  // namespace vmtelem
