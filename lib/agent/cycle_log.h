#pragma once

#include <string>
#include <utility>

#include "agent/host_log.h"
#include "agent/hung_vm_log.h"
#include "agent/problem_watch.h"
#include "base/result.h"
#include "model/snapshot.h"

namespace vmtelem {

// What the log says of one hypervisor: what changed since the cycle before, so that what lasts is logged once when it
// begins and once when it ends, not once per cycle. One thread.
class CycleLog {
 public:
  // `log` outlives this; `shown_uri` is the hypervisor's, masked.
  CycleLog(HostLog& log, std::string shown_uri) : log_(log), shown_uri_(std::move(shown_uri)) {}

  // `outcome` is that of the cycle that filled `snapshot`.
  void Note(const Result<void>& outcome, const Snapshot& snapshot);

 private:
  void NoteFault(const Error& error, const Snapshot& snapshot);
  void NoteAnswer(const Snapshot& snapshot);
  void NoteProblems(const Snapshot& snapshot);
  void NoteHungVms(const Snapshot& snapshot);

  HostLog& log_;
  const std::string shown_uri_;
  HungVmLog hung_vms_;
  ProblemWatch problems_;
  bool has_answered_ = false;
  std::string logged_fault_;  // the last one; empty: none since the hypervisor answered
};

}  // namespace vmtelem
