#pragma once

#include <cstdint>

#include "base/clock.h"
#include "spool/spool_claim.h"
#include "spool/spool_directory.h"
#include "spool/spool_index.h"

namespace vmtelem {

// Our target's part of the bound that all targets of a spool share: how much it may hold, and what it claims while it
// finds no room for less than its fair share, see spool_share.h. Writer's thread; what it refers to must outlive it.
class TargetShare {
 public:
  TargetShare(SpoolDirectory& directory, const SpoolIndex& index, Clock& clock)
      : directory_(directory), index_(index), clock_(clock) {}

  // Claims as much as our target wants to hold of a spool with this bound.
  void Claim(std::uint64_t max_bytes);
  // Counts the batches of others, if that is due before so much more is written.
  void LookAtOthers(std::uint64_t max_bytes, std::uint64_t more_bytes);
  // OwnMaxBytes() and OwnRoomBytes() of the present shares.
  [[nodiscard]] std::uint64_t OwnMax(std::uint64_t max_bytes) const;
  [[nodiscard]] std::uint64_t OwnRoom(std::uint64_t max_bytes) const;
  [[nodiscard]] bool others_hold_any() const { return directory_.others().bytes() > 0; }

  // The size of the last batch if it found no room, else 0.
  void NoteRefused(std::uint64_t bytes) { refused_bytes_ = bytes; }

 private:
  [[nodiscard]] std::vector<OtherShare> shares() const { return directory_.others().shares(clock_.SteadyNow()); }

  SpoolDirectory& directory_;
  const SpoolIndex& index_;
  Clock& clock_;
  SpoolClaim claim_;
  std::uint64_t refused_bytes_ = 0;
  std::uint64_t held_when_counted_ = 0;  // by us, when others were counted
};

}  // namespace vmtelem
