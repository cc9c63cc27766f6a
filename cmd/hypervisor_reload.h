#pragma once

#include <cstddef>
#include <future>

#include "agent/agent.h"
#include "cmd/command.h"
#include "config/load.h"

namespace vmtelem {

// Reads again what names the hypervisors, and has the agent collect from those from then on. The files are read on a
// thread of its own: a file system that hangs must not keep the main thread from taking signals. For the main thread.
class HypervisorReload {
 public:
  // Sent to the process when the files were read; to be blocked in all threads.
  static int DoneSignal();

  // Both outlive this. `control_connections` are not there for hypervisors that join.
  HypervisorReload(const Context& context, Agent& agent, std::size_t control_connections)
      : context_(context), agent_(agent), control_connections_(control_connections) {}

  // Starts to read. If that is under way it is done once more afterwards, for the files may have changed meanwhile.
  void Begin();
  // On DoneSignal(): hands the list to the agent, or logs its faults, and the hypervisors stay as they were.
  void Finish();
  // Whether a thread is left that nothing can end: the process is to end without waiting for it.
  [[nodiscard]] bool is_reading() const { return list_.valid(); }

 private:
  void Apply(const HypervisorList& list);

  const Context& context_;
  Agent& agent_;
  const std::size_t control_connections_;
  std::future<HypervisorList> list_;
  bool again_ = false;
};

}  // namespace vmtelem
