#include "libvirt/sweep.h"

#include <utility>

namespace vmtelem {

void SweepProgress::Begin(std::size_t index) {
  const std::lock_guard guard(mutex_);
  at_ = index;
  ++calls_;
}

void SweepProgress::NoteBlocked(Blocked blocked) {
  const std::lock_guard guard(mutex_);
  blocked_.push_back(std::move(blocked));
}

std::size_t SweepProgress::at() const {
  const std::lock_guard guard(mutex_);
  return at_;
}

std::size_t SweepProgress::calls() const {
  const std::lock_guard guard(mutex_);
  return calls_;
}

std::vector<SweepProgress::Blocked> SweepProgress::blocked() const {
  const std::lock_guard guard(mutex_);
  return blocked_;
}

}  // namespace vmtelem
