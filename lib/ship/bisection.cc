#include "ship/bisection.h"

#include <algorithm>

namespace vmtelem {

Bisection::Range Bisection::Next(bool anything_accepted) const {
  if (suspects() > 0) return {begin_, begin_ + std::max<std::size_t>(suspects() / 2, 1)};
  return {begin_, anything_accepted ? std::min(begin_ + reach_, lines_) : begin_ + 1};
}

void Bisection::Accepted(Range range) {
  if (suspect_end_ <= range.begin) reach_ = std::min(2 * reach_, lines_);
  begin_ = range.end;
  suspect_end_ = std::max(suspect_end_, begin_);
}

void Bisection::Refused(Range range) {
  if (range.size() == 1) Isolated(range.begin);
  suspect_end_ = range.end;
}

void Bisection::SetAside(Range range) {
  set_aside_.push_back(range.begin);
  Refused(range);
}

// One bad line says nothing of the next one, two do.
void Bisection::Isolated(std::size_t line) {
  if (isolated_++ > 0) reach_ = 2 * (line - gap_begin_ + 1);
  begin_ = gap_begin_ = line + 1;
}

}  // namespace vmtelem
