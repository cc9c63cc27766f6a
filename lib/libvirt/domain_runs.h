#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/snapshot.h"

namespace vmtelem {

// Numbers the runs of each VM. A run ends when the domain id changes, when the VM is missing from one answer, and when
// the connection was lost: a restarted daemon counts ids anew, so no id proves that a run went on. One thread.
class DomainRuns {
 public:
  // Every VM counts as started anew.
  void NoteReconnected() { runs_.clear(); }

  // Sets DomainStats::incarnation of all VMs of one complete answer.
  void Assign(std::vector<DomainStats>& domains);

 private:
  struct Run {
    std::optional<std::int64_t> domain_id;
    std::uint64_t incarnation = 0;
    std::uint64_t answer = 0;  // the last answer with this VM
  };
  std::unordered_map<std::string, Run> runs_;  // by UUID
  std::uint64_t answers_ = 0;
  std::uint64_t last_incarnation_ = 0;
};

}  // namespace vmtelem
