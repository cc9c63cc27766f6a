#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"

namespace vmtelem {

// Logs, once each, that the hypervisor is connected and that new VMs are not seen or seen again. One thread.
class HypervisorLog {
 public:
  HypervisorLog(LoggerPtr log, std::string shown_uri) : log_(std::move(log)), shown_uri_(std::move(shown_uri)) {}

  void NoteConnected(const std::string& host);
  void NoteReplaced();
  // Call in each cycle. `fault`: why new VMs are not seen. Sampling goes on without the control connection, so nobody
  // would notice that they are missing. The caller reports a hypervisor that does not answer at all.
  void NoteControl(const std::optional<Error>& fault, SteadyTime now);

 private:
  const LoggerPtr log_;
  const std::string shown_uri_;
  bool was_up_ = false;
  std::optional<SteadyTime> control_away_since_;
  bool control_logged_ = false;
};

}  // namespace vmtelem
