#include "agent/agent.h"

#include <future>
#include <thread>
#include <utility>

#include "agent/agent_reporter.h"
#include "agent/status_line.h"

namespace vmtelem {

struct Agent::State {
  State(AgentOptions o, Collectors::MakeSource make_source, DeliveryTarget target, Clock& c, const LoggerPtr& log)
      : options(std::move(o)),
        clock(c),
        pipeline(options.delivery, std::move(target), c, log),
        collectors(options.collect, std::move(make_source), {pipeline.queue, c}, log),
        reporter(
            {options.name, options.collect.interval}, {pipeline.queue, c}, [this] { return Report(); }, log) {}

  [[nodiscard]] AgentReport Report() const {
    AgentReport report = pipeline.report();
    const CollectionStats collected = collectors.stats();
    report.names_repaired = collected.names_repaired;
    report.values_out_of_range = collected.values_out_of_range;
    report.paused = collectors.paused();
    return report;
  }

  // What waits is delivered while the sources are closed: it must not be kept from the database by a hypervisor that
  // blocks.
  void Stop(const Drain& drain) {
    if (std::exchange(stopped, true)) return;
    reporter.Stop();
    collectors.Stop();
    if (reporting.joinable()) reporting.join();
    pipeline.writer.Stop(drain);
    unreturned_calls = collectors.Close();
    AwaitWriter(drain.timeout + options.drain_grace);
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
  DeliveryPipeline pipeline;
  Collectors collectors;
  AgentReporter reporter;
  std::thread reporting, writing;
  std::promise<void> writer_ended;
  bool stopped = false, writer_is_stuck = false;
  std::size_t unreturned_calls = 0;
};

Agent::Agent(AgentOptions options, Collectors::MakeSource make_source, DeliveryTarget target, Clock& clock,
             const LoggerPtr& log)
    : state_(std::make_shared<State>(std::move(options), std::move(make_source), std::move(target), clock, log)) {}

Agent::~Agent() { state_->Stop({}); }

void Agent::Start(const std::vector<Hypervisor>& hypervisors) {
  state_->writing = std::thread([state = state_] {
    state->pipeline.writer.Run();
    state->writer_ended.set_value();
  });
  state_->collectors.Collect(hypervisors);
  state_->reporting = std::thread([this] { state_->reporter.Run(); });
}

Collectors::Change Agent::Collect(const std::vector<Hypervisor>& hypervisors) {
  return state_->collectors.Collect(hypervisors);
}

AgentReport Agent::Stop(const Drain& drain) {
  state_->Stop(drain);
  return state_->Report();
}

AgentReport Agent::report() const { return state_->Report(); }

AgentMetrics Agent::metrics() const {
  const WriterStats writer = state_->pipeline.writer.stats();
  AgentMetrics metrics;
  for (const HostStatus& host : hosts()) metrics.hosts.push_back(MetricsOf(host.stats));
  metrics.report = state_->Report();
  metrics.spool_s_left = writer.spool.seconds_left;
  metrics.write_answers = writer.answers;
  return metrics;
}

std::size_t Agent::unreturned_calls() const { return state_->unreturned_calls; }

bool Agent::writer_is_stuck() const { return state_->writer_is_stuck; }

AgentStatus Agent::status() const {
  return {state_->Report(), state_->collectors.stats(), state_->pipeline.writer.stats(), state_->clock.SteadyNow(),
          state_->options.collect.interval};
}

std::string Agent::StatusLine() const { return StatusText(status()); }

bool Agent::Pause() { return state_->collectors.Pause(); }

bool Agent::Resume() { return state_->collectors.Resume(); }

std::vector<HostStatus> Agent::hosts() const { return state_->collectors.hosts(); }

}  // namespace vmtelem
