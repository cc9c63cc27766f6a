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
  // Of each of them.
  [[nodiscard]] std::vector<Unwritten> unwritten() const;
  [[nodiscard]] bool durable() const { return durable_; }
  // If it holds one of these, which are durable no more, it is not durable either. Whether that is new.
  bool Displaced(const std::vector<std::uint64_t>& ids);
  // What is left of it is in the spool as this batch, which is durable; none: it was taken over.
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
  std::size_t isolated_before_ = 0;  // they were part of another batch then
  bool durable_;
  PoisonSearch lines_;
};

}  // namespace vmtelem
