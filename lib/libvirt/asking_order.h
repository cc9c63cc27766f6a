#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "libvirt/api/domain_ref.h"

namespace vmtelem {

// Decides in which order VMs are asked when each has a call of its own. The last ones may have to wait for the next
// cycle. VMs that were started lately come last, since VMs that come and go are the ones whose locks are held; the
// others take turns. libvirt's ids show which VMs are new: they grow with each start. State without a clock; one
// thread.
class AskingOrder {
 public:
  // A VM counts as started lately for one to two times as long. A VM that ran at the first cycle never does, nor does a
  // VM without an id.
  static constexpr Nanoseconds kLately = std::chrono::seconds(10);

  // Call once in each cycle.
  void Note(SteadyTime now, const DomainRefs& running);
  void Arrange(DomainRefs& due);

 private:
  void Rotate(DomainRefs::iterator begin, DomainRefs::iterator end);

  std::optional<std::int64_t> settled_id_,
      newest_id_;  // ids up to the first are settled; the second was the highest at `noted_`
  std::optional<SteadyTime> noted_;
  std::ptrdiff_t turn_ = 0;
};

}  // namespace vmtelem
