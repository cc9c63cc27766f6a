#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "model/hypervisor.h"
#include "model/snapshot.h"

namespace vmtelem {

// Logs which of the VMs that were asked for by name run nowhere, when each hypervisor has answered for the first time:
// a name that is misspelt would otherwise look like a VM that is shut off. Thread-safe.
class MissingVms {
 public:
  // `filter` must outlive this.
  MissingVms(const DomainFilter& filter, std::size_t hypervisors, LoggerPtr log)
      : filter_(filter), log_(std::move(log)), unanswered_(hypervisors) {}

  void NoteFirstAnswer(const Snapshot& snapshot);

 private:
  const DomainFilter& filter_;
  const LoggerPtr log_;
  std::mutex mutex_;
  std::optional<std::vector<std::string>> missing_;  // on all that have answered
  std::size_t unanswered_;
};

}  // namespace vmtelem
