#include "ship/bisection.h"

#include <algorithm>

namespace vmtelem {

Bisection::Range Bisection::Next(bool anything_accepted) const {
  const std::size_t suspects = suspect_end_ - begin_;
  if (suspects > 0) return {begin_, begin_ + std::max<std::size_t>(suspects / 2, 1)};
  return {begin_, anything_accepted ? lines_ : begin_ + 1};
}

void Bisection::Accepted(Range range) {
  begin_ = range.end;
  suspect_end_ = std::max(suspect_end_, begin_);
}

void Bisection::Refused(Range range) {
  if (range.size() == 1) begin_ = range.end;
  suspect_end_ = range.end;
}

void Bisection::SetAside(Range range) {
  set_aside_.push_back(range.begin);
  Refused(range);
}

}  // namespace vmtelem
