#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "model/delivery.h"
#include "ship/poison_search.h"

namespace vmtelem {

// Batches of the spool that go as one, and are acknowledged together when all their lines are stored or isolated.
// Writer's thread.
class BatchDelivery {
 public:
  // All durable, or none; not empty. `known` outlives this.
  BatchDelivery(const std::vector<SpooledBatch>& parts, KnownPoison& known);

  [[nodiscard]] const std::vector<std::uint64_t>& ids() const { return ids_; }  // in the spool
  // How many lines of each of them are not stored.
  [[nodiscard]] std::vector<Unwritten> unwritten() const;
  [[nodiscard]] bool durable() const { return durable_; }
  // Is durable no more if it holds one of these batches. True if it was until now.
  bool Displaced(const std::vector<std::uint64_t>& ids);
  // What is left of it is durable, as this one batch of the spool. No id: another process delivers that.
  void BecameDurable(std::vector<std::uint64_t> ids) {
    ids_ = std::move(ids);
    ends_.assign(ids_.size(), std::numeric_limits<std::size_t>::max());
    isolated_before_ = lines_.pieces().isolated().size();
    durable_ = true;
  }
  PoisonSearch& lines() { return lines_; }
  [[nodiscard]] const PoisonSearch& lines() const { return lines_; }

 private:
  std::vector<std::uint64_t> ids_;
  std::vector<std::size_t> ends_;    // the number of the line behind the last one of each
  std::size_t isolated_before_ = 0;  // while it was of other batches
  bool durable_;
  PoisonSearch lines_;
};

}  // namespace vmtelem
