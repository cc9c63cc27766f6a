#pragma once

#include <map>
#include <vector>

#include "model/delivery.h"
#include "model/delivery_options.h"

namespace vmtelem {

// A Spool that does not outlive the process. Holds at most DeliveryOptions::spool_memory_bytes() of lines: the oldest
// batches that were not handed out are given up first. Batches that were handed out and the newest one are always kept,
// so one batch may exceed the bound. Rejected lines are not kept. Writer's thread.
class MemorySpool final : public Spool {
 public:
  explicit MemorySpool(const DeliveryOptions& options) : options_(options) {}  // which must outlive it

  SpooledBatch Add(std::shared_ptr<const Batch> batch) override;
  std::optional<SpooledBatch> AddIfDurable(std::shared_ptr<const Batch> /*batch*/) override { return std::nullopt; }
  bool AddInPlace(std::shared_ptr<const Batch> /*batch*/) override { return false; }
  std::optional<SpooledBatch> Take(std::uint64_t id) override;
  bool HandOut(std::uint64_t id) override { return Take(id).has_value(); }
  std::optional<SpooledBatch> Next() override;
  void Acknowledge(std::uint64_t id, const Unwritten& but = {}) override;
  void KeepRejected(std::string_view /*line*/, std::string_view /*reason*/) override {}
  SpoolChanges CatchUp() override;
  [[nodiscard]] SpoolStats stats() const override;

 private:
  using Batches = std::map<std::uint64_t, std::shared_ptr<const Batch>>;  // by id: oldest first

  SpooledBatch Lend(Batches::iterator batch);
  void GiveUpOldest();
  void Forget(const Batch& batch);

  const DeliveryOptions& options_;
  std::uint64_t last_id_ = 0;
  Batches waiting_, handed_out_;
  std::vector<SpoolLoss> losses_;
  SpoolStats stats_;
};

}  // namespace vmtelem
