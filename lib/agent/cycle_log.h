#pragma once

#include <string>

#include "agent/hung_vm_log.h"
#include "agent/problem_watch.h"
#include "base/log.h"
#include "base/result.h"
#include "model/snapshot.h"

namespace vmtelem {

// What the log says of a hypervisor: what changed since the cycle before, so that what lasts is logged once when it
// begins and once when it ends, not once per cycle. One thread.
class CycleLog {
 public:
  explicit CycleLog(LoggerPtr log) : log_(std::move(log)) {}

  // `outcome` is that of the cycle that filled `snapshot`.
  void Note(const Result<void>& outcome, const Snapshot& snapshot);

 private:
  void NoteOutcome(const Result<void>& outcome, const Snapshot& snapshot);
  void NoteProblems(const Snapshot& snapshot);
  void NoteHungVms(const Snapshot& snapshot);

  const LoggerPtr log_;
  HungVmLog hung_vms_;
  ProblemWatch problems_;
  std::string logged_fault_;  // the last one; empty: none since the hypervisor answered
};

}  // namespace vmtelem
