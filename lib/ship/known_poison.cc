#include "ship/known_poison.h"

#include "ship/line_parts.h"

namespace vmtelem {

void KnownPoison::Learn(std::string_view line) {
  if (series_.size() < kMost) series_.emplace(SeriesKey(line));
}

void KnownPoison::Forget(std::string_view line) { series_.erase(std::string(SeriesKey(line))); }

bool KnownPoison::Has(std::string_view line) const {
  return !series_.empty() && series_.count(std::string(SeriesKey(line))) > 0;
}

}  // namespace vmtelem
