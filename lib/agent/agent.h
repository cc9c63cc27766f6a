#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "agent/collectors.h"
#include "agent/delivery_pipeline.h"
#include "agent/status_line.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/agent_metrics.h"
#include "model/agent_report.h"
#include "model/delivery_options.h"
#include "model/hypervisor.h"
#include "ship/writer.h"

namespace vmtelem {

// What an agent is to do.
struct AgentOptions {
  CollectorOptions collect;
  const DeliveryOptions& delivery;                    // outlives the agent, and a writer that it leaves behind
  std::string name{};                                 // tag of the `vmtelem_agent` line; empty: no such line
  Nanoseconds drain_grace = std::chrono::seconds(5);  // for a disk that is slow when the drain time-out has ended
};

// Wires sources to a sink: a collector thread for each hypervisor, one that reports of the process, one writer thread,
// and the order in which they start and stop. Made, started and stopped by one thread.
class Agent {
 public:
  Agent(AgentOptions options, Collectors::MakeSource make_source, DeliveryTarget target, Clock& clock,
        const LoggerPtr& log);
  ~Agent();  // stops without draining if Stop() was not called
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  void Start(const std::vector<Hypervisor>& hypervisors);
  // Between Start() and Stop(): collects from these from now on. Those that stay do not notice.
  Collectors::Change Collect(const std::vector<Hypervisor>& hypervisors);

  // Stops collecting, delivers what waits while the sources are closed, and gives the report at the end. Idempotent.
  AgentReport Stop(const Drain& drain);
  // What closing the sources gave; 0 before Stop(). By the thread that stops.
  [[nodiscard]] std::size_t unreturned_calls() const;
  // Whether Stop() left a writer behind that a call to the disk does not let go: the process is to end without waiting
  // for it. It still uses the clock, the log and the settings. By the thread that stops.
  [[nodiscard]] bool writer_is_stuck() const;

  // Any thread.
  [[nodiscard]] AgentReport report() const;
  [[nodiscard]] AgentStatus status() const;
  [[nodiscard]] std::vector<HostStatus> hosts() const;
  // See Collectors. What was sampled is delivered meanwhile, and the line of the process goes on.
  bool Pause();
  bool Resume();
  // What it knows for Prometheus: hypervisors, lines and requests. The rest is for the process to fill in.
  [[nodiscard]] AgentMetrics metrics() const;
  // One line for people: VMs, lines written and waiting, what is wrong if anything is.
  [[nodiscard]] std::string StatusLine() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // with the writer's thread, which may have to be left behind
};

}  // namespace vmtelem
