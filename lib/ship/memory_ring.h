#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "model/batch.h"
#include "ship/spool_index.h"

namespace vmtelem {

// The batches that wait and are nowhere but in memory, the oldest first. Not thread-safe.
class MemoryRing {
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

  // The item of that name, which is in the ring.
  Item Take(const SpoolName& name) {
    auto node = items_.extract(name);
    bytes_ -= BytesOf(*node.mapped().batch);
    return std::move(node.mapped());
  }

  [[nodiscard]] const Item& oldest() const { return items_.begin()->second; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  static std::uint64_t BytesOf(const Batch& batch) {
    return batch.bytes().size() + (batch.gzip() ? batch.gzip()->size() : 0);
  }

  std::map<SpoolName, Item> items_;
  std::uint64_t bytes_ = 0;
};

}  // namespace vmtelem
