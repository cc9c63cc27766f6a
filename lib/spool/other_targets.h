#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "spool/fs/directory.h"
#include "spool/spool_claim.h"
#include "spool/spool_share.h"

namespace vmtelem {

// The batches in the spool that wait for targets other than ours: they count for the bound of the whole spool and are
// otherwise left alone. Counted anew once a minute where something has changed, since another service may add to them
// all the time, and after Expire(). Their claims, and whether anything changes there, are looked at every second. Not
// thread-safe.
class OtherTargets {
 public:
  static constexpr Nanoseconds kInterval = std::chrono::minutes(1);
  // A process that delivers from a directory in which batches wait adds or removes some all the time.
  static constexpr Nanoseconds kAlive = std::chrono::minutes(2);

  struct Target {
    std::string name;  // of its directory
    std::uint64_t batches = 0, lines = 0, bytes = 0;
    std::int64_t counted_at_ns = 0;  // the last change of its directory, when it was counted
    std::int64_t changed_at_ns = 0;  // when it was looked at last
    SteadyTime alive_until{};
    SpoolClaimWatch claim{};
    std::uint64_t claimed_bytes = 0;
  };

  // `ours` is the name of our own target. Whether it has counted.
  bool Refresh(const FileDescriptor& root, const std::string& ours, SteadyTime now);
  // The next Refresh() counts, whenever it comes, or if the last count is a second old.
  void Expire() { due_ = {}; }
  void ExpireSoon() { due_ = std::min(due_, counted_at_ + std::chrono::seconds(1)); }

  [[nodiscard]] const std::vector<Target>& targets() const { return targets_; }  // that have batches or had some
  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] std::vector<OtherShare> shares(SteadyTime now) const;

 private:
  void LookAtEach(const FileDescriptor& root, SteadyTime now);
  [[nodiscard]] Target Count(const FileDescriptor& root, const std::string& name) const;

  std::vector<Target> targets_;
  SteadyTime counted_at_{}, due_{}, looks_due_{};
};

}  // namespace vmtelem
