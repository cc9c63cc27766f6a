#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "libvirt/api/descriptor_budget.h"
#include "libvirt/lane/thread_budget.h"

namespace vmtelem {

// How many hypervisors one process reads from at present. Thread-safe.
class HostCount {
 public:
  enum class Where { kLocal, kRemote };  // `local`: its daemon has the same cores as this process

  void Join(Where where) { ++(where == Where::kLocal ? local_ : remote_); }
  void Leave(Where where) { --(where == Where::kLocal ? local_ : remote_); }
  [[nodiscard]] std::size_t local() const { return local_; }
  [[nodiscard]] std::size_t all() const { return local_ + remote_; }

 private:
  std::atomic<std::size_t> local_{0}, remote_{0};
};

// What the sources of one process share, so that all together they stay within its limits. Whoever makes the sources
// makes it once; a copy shares the same budgets. Thread-safe.
struct SourceBounds {
  std::shared_ptr<ThreadBudget> threads = std::make_shared<ThreadBudget>();
  std::shared_ptr<DescriptorBudget> descriptors = std::make_shared<DescriptorBudget>();
  std::shared_ptr<HostCount> hosts = std::make_shared<HostCount>();
};

// The error of a source that cannot connect to `uri`, because this process's own bound is reached.
Error NoThreadFor(const std::string& uri, const ThreadBudget& threads);

}  // namespace vmtelem
