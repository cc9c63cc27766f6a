#include "agent/agent.h"

#include <future>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/collector.h"
#include "base/parse.h"
#include "base/text.h"
#include "ship/line_queue.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kStandsStill = std::chrono::seconds(3);

// "240 lines sampled, 9 recovered, 200 written, 8 waiting in memory, 41 in the spool (12345 bytes), 0 rejected, 0
// dropped"
std::string LinesText(const LineCounts& lines, std::uint64_t spool_bytes) {
  return fmt::format(
      "{} sampled, {} recovered, {} written, {} waiting in memory, {} in the spool ({}), {} rejected, {} "
      "dropped",
      CountOf(lines.sampled, "line"), lines.recovered, lines.written, lines.queued + lines.in_flight, lines.spooled,
      CountOf(spool_bytes, "byte"), lines.rejected, lines.dropped);
}

}  // namespace

// What carries lines to a sink; the parts refer to one another, so they live and die together.
struct Shipment {
  Shipment(const AgentOptions& options, Outlet to, Clock& clock, const LoggerPtr& log)
      : outlet(std::move(to)),
        queue(options.queue_max_bytes - SpoolMemoryBytes(options.queue_max_bytes), ledger,
              [this] { outlet.sink->Wake(); }),
        writer(options.writer, {queue, *outlet.spool, *outlet.sink, ledger, clock}, log) {}

  Outlet outlet;
  Ledger ledger;
  LineQueue queue;
  Writer writer;
};

struct Agent::State {
  State(AgentOptions o, std::unique_ptr<Source> s, Outlet outlet, Clock& c, const LoggerPtr& l)
      : options(std::move(o)),
        clock(c),
        log(l),
        source(std::move(s)),
        shipment(options, std::move(outlet), c, log),
        collector(
            {options.interval, options.encode, options.name, options.on_first_answer}, {*source, shipment.queue, c},
            [this] { return Report(); }, log) {}

  [[nodiscard]] AgentReport Report() const {
    const WriterStats writer = shipment.writer.stats();
    const CollectorStats collected = collector.stats();
    AgentReport report;
    report.lines = shipment.ledger.counts();
    report.queue_bytes = shipment.queue.bytes() + writer.open_bytes + writer.spool.memory_bytes;
    report.spool_bytes = writer.spool.bytes - writer.spool.memory_bytes;
    report.spool_batches = writer.spool.batches - writer.spool.memory_batches;
    report.rejected_displaced_lines = writer.spool.rejected_displaced_lines;
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
    AwaitWriter(drain_timeout + options.drain_grace);
    unreturned_calls = source->Close();
  }

  // The writer waits for nothing beyond the drain time-out, but a call to the disk may.
  void AwaitWriter(Nanoseconds at_most) {
    if (!writing.joinable()) return;
    writer_is_stuck = writer_ended.get_future().wait_for(at_most) != std::future_status::ready;
    if (writer_is_stuck) {
      writing.detach();
    } else {
      writing.join();
    }
  }

  AgentOptions options;
  Clock& clock;
  LoggerPtr log;
  std::unique_ptr<Source> source;
  Shipment shipment;
  Collector collector;
  std::thread collecting, writing;
  std::promise<void> writer_ended;
  bool stopped = false, writer_is_stuck = false;
  std::size_t unreturned_calls = 0;
};

Agent::Agent(AgentOptions options, std::unique_ptr<Source> source, Outlet outlet, Clock& clock, const LoggerPtr& log)
    : state_(std::make_shared<State>(std::move(options), std::move(source), std::move(outlet), clock, log)) {}

Agent::~Agent() { state_->Stop(Nanoseconds::zero()); }

void Agent::Start() {
  state_->writing = std::thread([state = state_] {
    state->shipment.writer.Run();
    state->writer_ended.set_value();
  });
  state_->collecting = std::thread([this] { state_->collector.Run(); });
}

AgentReport Agent::Stop() {
  state_->Stop(state_->options.drain_timeout);
  return state_->Report();
}

AgentReport Agent::report() const { return state_->Report(); }

std::size_t Agent::unreturned_calls() const { return state_->unreturned_calls; }

bool Agent::writer_is_stuck() const { return state_->writer_is_stuck; }

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
  if (const Nanoseconds still = state_->clock.SteadyNow() - writer.seen_at; still > kStandsStill) {
    faults.push_back(fmt::format("delivery has stood still for {}; does the disk of the spool answer?",
                                 FormatDuration(std::chrono::floor<std::chrono::seconds>(still))));
  }
  return fmt::format("{}, {} ({} failed); {}; {}", CountOf(collected.vms, "VM"), CountOf(collected.cycles, "cycle"),
                     collected.failed_cycles, LinesText(report.lines, report.spool_bytes),
                     faults.empty() ? "all is well" : fmt::format("{}", fmt::join(faults, "; ")));
}

Delivery DeliverOnce(Lines lines, Outlet outlet, const AgentOptions& options, Clock& clock, const LoggerPtr& log) {
  Shipment shipment(options, std::move(outlet), clock, log);
  if (!lines.empty()) shipment.queue.Push(std::move(lines));
  shipment.writer.Stop(options.drain_timeout);
  shipment.writer.Run();
  const WriterStats stats = shipment.writer.stats();
  return {shipment.ledger.counts(), stats.fault, stats.spool.delivered_elsewhere, stats.spool.unreadable};
}

}  // namespace vmtelem
