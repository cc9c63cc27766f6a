#include "agent/agent.h"

#include <algorithm>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "agent/collector.h"
#include "agent/status_line.h"
#include "ship/line_queue.h"

namespace vmtelem {
namespace {

// What is neither stored nor refused, nor in the spool or taken from there, was dropped before it came to a batch.
BatchOutcome Bounded(BatchOutcome sample, const LineCounts& counts) {
  const std::uint64_t beyond = sample.waiting - std::min(sample.waiting, counts.spooled + counts.handed_over);
  sample.waiting -= beyond;
  sample.dropped += beyond;
  return sample;
}

}  // namespace

// What carries lines to a sink; the parts refer to one another, so they live and die together.
struct DeliveryPipeline {
  DeliveryPipeline(const DeliveryOptions& options, DeliveryTarget to, Clock& clock, const LoggerPtr& log,
                   SampleOutcome* sample = nullptr)
      : target(std::move(to)),
        queue(options.line_memory_bytes(), ledger, [this] { target.sink->Wake(); }),
        writer(options, {queue, *target.spool, *target.sink, ledger, clock, sample}, log) {}

  DeliveryTarget target;
  Ledger ledger;
  LineQueue queue;
  Writer writer;
};

struct Agent::State {
  State(AgentOptions o, std::unique_ptr<Source> s, DeliveryTarget target, Clock& c, const LoggerPtr& l)
      : options(std::move(o)),
        clock(c),
        log(l),
        source(std::move(s)),
        pipeline(options.delivery, std::move(target), c, log),
        collector(
            options.collect, {*source, pipeline.queue, c}, [this] { return Report(); }, log) {}

  [[nodiscard]] AgentReport Report() const {
    const WriterStats writer = pipeline.writer.stats();
    const CollectorStats collected = collector.stats();
    AgentReport report;
    report.lines = pipeline.ledger.counts();
    report.queue_bytes = pipeline.queue.bytes() + writer.open_bytes + writer.spool.memory_bytes;
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
  void Stop(const Drain& drain) {
    if (std::exchange(stopped, true)) return;
    collector.Stop();
    source->Interrupt();
    if (collecting.joinable()) collecting.join();
    pipeline.writer.Stop(drain);
    AwaitWriter(drain.timeout + options.drain_grace);
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
  DeliveryPipeline pipeline;
  Collector collector;
  std::thread collecting, writing;
  std::promise<void> writer_ended;
  bool stopped = false, writer_is_stuck = false;
  std::size_t unreturned_calls = 0;
};

Agent::Agent(AgentOptions options, std::unique_ptr<Source> source, DeliveryTarget target, Clock& clock,
             const LoggerPtr& log)
    : state_(std::make_shared<State>(std::move(options), std::move(source), std::move(target), clock, log)) {}

Agent::~Agent() { state_->Stop({}); }

void Agent::Start() {
  state_->writing = std::thread([state = state_] {
    state->pipeline.writer.Run();
    state->writer_ended.set_value();
  });
  state_->collecting = std::thread([this] { state_->collector.Run(); });
}

AgentReport Agent::Stop(const Drain& drain) {
  state_->Stop(drain);
  return state_->Report();
}

AgentReport Agent::report() const { return state_->Report(); }

std::size_t Agent::unreturned_calls() const { return state_->unreturned_calls; }

bool Agent::writer_is_stuck() const { return state_->writer_is_stuck; }

std::string Agent::StatusLine() const {
  return StatusText({state_->Report(), state_->collector.stats(), state_->pipeline.writer.stats(),
                     state_->clock.SteadyNow(), state_->options.collect.interval});
}

Delivery DeliverOnce(Lines lines, DeliveryTarget target, const DeliveryOptions& options, Clock& clock,
                     const LoggerPtr& log) {
  SampleOutcome sample(lines);
  DeliveryPipeline pipeline(options, std::move(target), clock, log, &sample);
  if (!lines.empty()) pipeline.queue.Push(std::move(lines));
  pipeline.writer.Stop({.timeout = options.drain_timeout, .stops_on_hold = true});
  pipeline.writer.Run();
  const WriterStats stats = pipeline.writer.stats();
  const LineCounts counts = pipeline.ledger.counts();
  const BatchOutcome own = Bounded(sample.outcome(), counts);
  std::optional<Error> fault = stats.fault;
  if (own.rejected > 0 && fault && fault->code == ErrorCode::kRefusedData) fault->message = own.reason;
  return {counts, own, fault, stats.spool.delivered_elsewhere, pipeline.target.spool->UnreadablePaths()};
}

}  // namespace vmtelem
