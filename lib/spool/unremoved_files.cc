#include "spool/unremoved_files.h"

#include <iterator>

namespace vmtelem {

bool UnremovedFiles::IsIn(Directory directory, const SpoolName& name) {
  const auto found = files_.find(name);
  if (found == files_.end()) return false;
  found->second.directory = directory;
  return true;
}

bool UnremovedFiles::RemoveFrom(Directory directory, const Remove& remove, Clock& clock) {
  const SteadyTime until = clock.SteadyNow() + kRemoveFor;
  int refusals = 0;
  auto file = files_.lower_bound(next_);
  bool in_time = true;
  for (std::size_t left = files_.size(); left > 0 && refusals < kMostRefusals && in_time; --left) {
    if (file == files_.end()) file = files_.begin();
    const bool is_here = file->second.directory == directory;
    const bool is_gone = is_here && remove(file->first, file->second.outcome);
    if (is_here && !is_gone) ++refusals;
    file = is_gone ? files_.erase(file) : std::next(file);
    in_time = left == 1 || clock.SteadyNow() <= until;
  }
  next_ = file == files_.end() ? SpoolName{} : file->first;
  return in_time;
}

}  // namespace vmtelem
