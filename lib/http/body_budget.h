#pragma once

#include <cstddef>

namespace vmtelem {

// How much memory the bodies that are being sent may take together, those that come from a source aside: a client that
// does not take a large answer keeps it for half a minute, and there may be many such. Server's thread.
class BodyBudget {
 public:
  static constexpr std::size_t kMost_bytes = std::size_t{64} * 1024 * 1024;
  static constexpr std::size_t kAlways_bytes = std::size_t{64} * 1024;  // a body of this size always goes

  // One that is larger than all of the budget goes while there is no other.
  [[nodiscard]] bool Fits(std::size_t bytes) const {
    return bytes <= kAlways_bytes || used_bytes_ == 0 || used_bytes_ + bytes <= kMost_bytes;
  }
  void Take(std::size_t bytes) { used_bytes_ += bytes; }
  void GiveBack(std::size_t bytes) { used_bytes_ -= bytes; }

 private:
  std::size_t used_bytes_ = 0;
};

}  // namespace vmtelem
