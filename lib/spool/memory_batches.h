#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "model/batch.h"
#include "spool/join_plan.h"
#include "spool/spool_index.h"

namespace vmtelem {

// The batches that wait and are nowhere but in memory, the oldest first. Counts the memory that they take, and that of
// batches which were lent to be sent. Not thread-safe.
class MemoryBatches {
 public:
  using Id = SpoolIndex::Id;
  struct Item {
    Id id = 0;
    std::shared_ptr<const Batch> batch;
  };

  void Put(const SpoolName& name, Item item) {
    bytes_ += BytesOf(*item.batch);
    items_.emplace(name, std::move(item));
  }

  // The item of that name, which must be there.
  Item Take(const SpoolName& name) {
    auto node = items_.extract(name);
    bytes_ -= BytesOf(*node.mapped().batch);
    return std::move(node.mapped());
  }

  // The same, which goes on to take memory until it is returned.
  Item Lend(const SpoolName& name) {
    Item item = Take(name);
    bytes_ += lent_bytes_[item.id] = BytesOf(*item.batch);
    return item;
  }
  void Return(Id id) {
    const auto lent = lent_bytes_.extract(id);
    if (lent) bytes_ -= lent.mapped();
  }

  [[nodiscard]] const Item& oldest() const { return items_.begin()->second; }
  // The oldest, and those after it that fit into one batch with it.
  [[nodiscard]] std::vector<Item> OldestTogether(const JoinLimits& limits) const {
    std::vector<Item> together;
    std::size_t lines = 0, text_bytes = 0;
    for (const auto& [name, item] : items_) {
      lines += name.lines;
      text_bytes += item.batch->bytes().size();
      const bool fits = lines <= limits.max_lines && text_bytes <= limits.max_text_bytes;
      if (!together.empty() && (!fits || !IsNear(limits, together.back().batch->last_wall_ns(), name))) break;
      together.push_back(item);
    }
    return together;
  }
  [[nodiscard]] std::size_t size() const { return items_.size(); }  // that wait
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }      // with lent batches

 private:
  static std::uint64_t BytesOf(const Batch& batch) {
    return batch.bytes().size() + (batch.gzip() ? batch.gzip()->size() : 0);
  }

  std::map<SpoolName, Item> items_;
  std::map<Id, std::uint64_t> lent_bytes_;
  std::uint64_t bytes_ = 0;
};

}  // namespace vmtelem
