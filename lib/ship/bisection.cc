#include "ship/bisection.h"

#include <algorithm>

namespace vmtelem {

Bisection::Range Bisection::Next() const {
  if (suspects() > 0) return {begin_, begin_ + std::clamp<std::size_t>(suspects() / 2, 1, longest_)};
  return {begin_, std::min(begin_ + reach_, lines_)};
}

void Bisection::Accepted(Range range) {
  if (suspects() == 0) reach_ = std::min(2 * reach_, longest_);
  begin_ = range.end;
}

void Bisection::Shorten() {
  longest_ = std::max<std::size_t>(Next().size() / 2, 1);
  reach_ = std::min(reach_, longest_);
}

void Bisection::Refused(Range range) { suspect_end_ = range.end; }

// One poison line says nothing of where the next one is, two do.
void Bisection::Isolated(Range range) {
  if (isolated_++ > 0) reach_ = std::clamp<std::size_t>(2 * (range.begin - gap_begin_), 1, longest_);
  begin_ = gap_begin_ = range.end;
  suspect_end_ = std::max(suspect_end_, begin_);
}

}  // namespace vmtelem
