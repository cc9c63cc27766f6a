#include "agent/agent.h"

#include <future>
#include <thread>
#include <utility>

#include "agent/status_line.h"

namespace vmtelem {

struct Agent::State {
  State(AgentOptions o, std::unique_ptr<Source> s, DeliveryTarget target, Clock& c, const LoggerPtr& log)
      : options(std::move(o)),
        clock(c),
        source(std::move(s)),
        pipeline(options.delivery, std::move(target), c, log),
        collector(
            options.collect, {*source, pipeline.queue, c}, [this] { return pipeline.report(); }, log) {}

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
  return state_->collector.report();
}

AgentReport Agent::report() const { return state_->collector.report(); }

std::size_t Agent::unreturned_calls() const { return state_->unreturned_calls; }

bool Agent::writer_is_stuck() const { return state_->writer_is_stuck; }

std::string Agent::StatusLine() const {
  return StatusText({state_->collector.report(), state_->collector.stats(), state_->pipeline.writer.stats(),
                     state_->clock.SteadyNow(), state_->options.collect.interval});
}

}  // namespace vmtelem
