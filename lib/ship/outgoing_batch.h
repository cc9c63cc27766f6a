#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/delivery.h"
#include "ship/poison_search.h"

namespace vmtelem {

// Batches of the spool that go as one, and are acknowledged together when all their lines are stored or isolated.
// Writer's thread.
class OutgoingBatch {
 public:
  // All durable, or none; not empty. `known` outlives this.
  OutgoingBatch(const std::vector<SpooledBatch>& parts, KnownPoison& known);

  [[nodiscard]] const std::vector<std::uint64_t>& ids() const { return ids_; }  // in the spool
  [[nodiscard]] bool durable() const { return durable_; }
  // What is left of it is in the spool as this batch, which is durable; none: it was taken over.
  void BecameDurable(std::vector<std::uint64_t> ids) {
    ids_ = std::move(ids);
    durable_ = true;
  }
  PoisonSearch& lines() { return lines_; }
  [[nodiscard]] const PoisonSearch& lines() const { return lines_; }

 private:
  std::vector<std::uint64_t> ids_;
  bool durable_;
  PoisonSearch lines_;
};

}  // namespace vmtelem
