#pragma once

#include <deque>
#include <map>

#include "model/delivery.h"

namespace vmtelem {

// A Spool that does not outlive the process. Holds at most `max_bytes` of lines: the oldest batches that were not
// handed out are given up first. Batches that were handed out and the newest one are always kept, so one batch may
// exceed the bound. Writer's thread.
class MemorySpool final : public Spool {
 public:
  explicit MemorySpool(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  std::size_t Add(std::shared_ptr<const Batch> batch) override;
  std::optional<SpooledBatch> Next() override;
  void Acknowledge(std::uint64_t id) override;
  [[nodiscard]] SpoolStats stats() const override { return stats_; }

 private:
  void Forget(const Batch& batch);

  const std::uint64_t max_bytes_;
  std::uint64_t last_id_ = 0;
  std::deque<SpooledBatch> waiting_;  // oldest first
  std::map<std::uint64_t, std::shared_ptr<const Batch>> handed_out_;
  SpoolStats stats_;
};

}  // namespace vmtelem
