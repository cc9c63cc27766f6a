#include "agent/agent_reporter.h"

#include <utility>

#include "agent/tick_schedule.h"

namespace vmtelem {

void AgentReporter::Run() {
  TickSchedule schedule(options_.interval);
  while (Wait(schedule.Next(parts_.clock.Now()).at)) WriteLine();
}

void AgentReporter::WriteLine() {
  if (options_.agent.empty()) return;
  Lines lines;
  AgentReport report = report_();
  report.names_repaired += encoder_.names_repaired();
  encoder_.AppendAgent(options_.agent, parts_.clock.Now(), report, lines);
  encoder_.LogNameRepairs();
  parts_.queue.Push(std::move(lines));
}

bool AgentReporter::Wait(SteadyTime until) {
  std::unique_lock lock(mutex_);
  return !parts_.clock.WaitUntil(lock, stopped_, until, [this] { return stop_; });
}

void AgentReporter::Stop() {
  {
    const std::lock_guard guard(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
}

}  // namespace vmtelem
