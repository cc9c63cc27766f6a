#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>

#include "ship/spool_file.h"
#include "ship/spool_index.h"

namespace vmtelem {

// The batches that are handed out and have more text than this program ever seals: somebody else put them into the
// spool. There is always room for one; more have to fit into what may be kept in memory. Only state. Not thread-safe.
class LargeBatches {
 public:
  static constexpr std::size_t kLargeTextBytes = std::size_t{8} << 20U;

  explicit LargeBatches(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  // How much text a batch may have that is handed out next.
  [[nodiscard]] std::size_t room() const {
    if (bytes_ == 0) return kMaxSpoolFileBytes;
    const std::uint64_t left = max_bytes_ > bytes_ ? max_bytes_ - bytes_ : 0;
    return std::clamp<std::uint64_t>(left, kLargeTextBytes, kMaxSpoolFileBytes);
  }
  void HandedOut(SpoolIndex::Id id, std::size_t text_bytes) {
    if (text_bytes > kLargeTextBytes && out_.emplace(id, text_bytes).second) bytes_ += text_bytes;
  }
  // False if it was not large.
  bool Gone(SpoolIndex::Id id) {
    const auto found = out_.find(id);
    if (found == out_.end()) return false;
    bytes_ -= found->second;
    out_.erase(found);
    return true;
  }

 private:
  const std::uint64_t max_bytes_;
  std::map<SpoolIndex::Id, std::size_t> out_;
  std::uint64_t bytes_ = 0;
};

}  // namespace vmtelem
