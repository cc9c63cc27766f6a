#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "libvirt/api/domain_ref.h"

namespace vmtelem {

// In which order VMs are asked for when each has a call of its own. Who comes last may have to wait for the next cycle:
// first of all a VM that was started lately, for it is in those that come and go that locks are met; of the others not
// always the same. libvirt's numbers tell: they grow with each start. State without a clock; one thread.
class AskingOrder {
 public:
  // For one to two times as long a VM counts as started lately. One that ran at the first cycle never does, nor one to
  // which the driver gives no number.
  static constexpr Nanoseconds kLately = std::chrono::seconds(10);

  // Of each cycle.
  void Note(SteadyTime now, const DomainRefs& running);
  void Arrange(DomainRefs& due);

 private:
  void Rotate(DomainRefs::iterator begin, DomainRefs::iterator end);

  std::optional<std::int64_t> settled_id_, newest_id_;  // VMs up to this are settled; the newest at `noted_`
  std::optional<SteadyTime> noted_;
  std::ptrdiff_t turn_ = 0;
};

}  // namespace vmtelem
