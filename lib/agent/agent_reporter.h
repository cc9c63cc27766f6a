#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "encode/influx_encoder.h"
#include "model/agent_report.h"
#include "ship/line_queue.h"

namespace vmtelem {

// Writes the line of the process itself, `vmtelem_agent`, at each tick. Run() is the body of a thread.
class AgentReporter {
 public:
  struct Options {
    std::string agent;  // the tag; empty: no such line
    Nanoseconds interval{};
  };
  struct Parts {  // both must outlive this
    LineQueue& queue;
    Clock& clock;
  };
  // `report` gives what is known of the process, on the thread of Run().
  AgentReporter(Options options, Parts parts, std::function<AgentReport()> report, const LoggerPtr& log)
      : options_(std::move(options)), parts_(parts), report_(std::move(report)), encoder_({}, log) {}

  void Run();
  void WriteLine();  // now

  // Any thread.
  void Stop();

 private:
  bool Wait(SteadyTime until);  // false: stopped

  const Options options_;
  const Parts parts_;
  const std::function<AgentReport()> report_;
  InfluxEncoder encoder_;

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
};

}  // namespace vmtelem
