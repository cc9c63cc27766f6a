#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "ship/directory.h"
#include "ship/spool_claim.h"
#include "ship/spool_share.h"

namespace vmtelem {

// The batches in the spool that wait for targets other than ours: they count for the bound of the whole spool and are
// otherwise left alone. Counted anew once a minute where something has changed, since another service may add to them
// all the time; the free-space floor bounds what comes in between. What they claim is looked at every second. Not
// thread-safe.
class OtherTargets {
 public:
  static constexpr Nanoseconds kInterval = std::chrono::minutes(1);

  struct Target {
    std::string name;
    std::uint64_t batches = 0, lines = 0, bytes = 0;
    timespec changed_at{};  // of its directory, when it was counted
    SpoolClaimWatch claim{};
    std::uint64_t claimed_bytes = 0;
  };

  // `ours` is the name of our own target.
  void Refresh(const FileDescriptor& root, const std::string& ours, SteadyTime now);
  // The next Refresh() counts, whenever it comes.
  void Expire() { due_ = {}; }

  [[nodiscard]] const std::vector<Target>& targets() const { return targets_; }  // those that have batches or had
  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] std::vector<OtherShare> shares() const;

 private:
  void LookAtClaims(const FileDescriptor& root, SteadyTime now);
  [[nodiscard]] Target Count(const FileDescriptor& root, const std::string& name) const;

  std::vector<Target> targets_;
  SteadyTime due_{}, claims_due_{};
};

}  // namespace vmtelem
