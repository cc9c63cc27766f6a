#include "spool/target_share.h"

#include <algorithm>

#include "spool/spool_share.h"

namespace vmtelem {

// Others make room for a claim, so their batches are counted anew at once.
void TargetShare::Claim(std::uint64_t max_bytes) {
  const std::uint64_t bytes = ClaimOf(max_bytes, index_.file_bytes(), refused_bytes_, shares());
  if (claim_.Keep(directory_.lock().directory(), bytes, clock_.SteadyNow())) directory_.others().Expire();
}

// Counts them again before a batch goes or is refused because of theirs, and whenever ours have grown by a 16th of the
// bound: targets that grow together exceed it by no more than that.
void TargetShare::LookAtOthers(std::uint64_t max_bytes, std::uint64_t more_bytes) {
  OtherTargets& others = directory_.others();
  const std::uint64_t held = index_.file_bytes();
  if (held > held_when_counted_ + max_bytes / 16) others.Expire();
  if (held + more_bytes > OwnRoom(max_bytes)) others.ExpireSoon();
  const SpoolLock& lock = directory_.lock();
  if (others.Refresh(lock.root_directory(), lock.target(), clock_.SteadyNow())) held_when_counted_ = held;
  held_when_counted_ = std::min(held_when_counted_, held);
}

std::uint64_t TargetShare::OwnMax(std::uint64_t max_bytes) const { return OwnMaxBytes(max_bytes, shares()); }

std::uint64_t TargetShare::OwnRoom(std::uint64_t max_bytes) const { return OwnRoomBytes(max_bytes, shares()); }

}  // namespace vmtelem
