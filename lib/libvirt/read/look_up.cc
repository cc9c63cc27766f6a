#include "libvirt/read/look_up.h"

#include <array>
#include <chrono>

#include "libvirt/api/bulk_call.h"

namespace vmtelem {
namespace {

// The answer takes 0.3 ms when nobody holds the lock.
constexpr Nanoseconds kFree = std::chrono::milliseconds(50);
// Another client's command to the monitor takes milliseconds; one that takes this long does not come back soon.
constexpr Nanoseconds kLeastBusy = std::chrono::seconds(1);

}  // namespace

bool MayLookUp(virDomainPtr domain, LaneClock& clock) {
  const auto begin = clock.Now();
  if (!begin) return false;
  const std::array one{domain};
  const auto records = GetStats(one, VIR_DOMAIN_STATS_STATE, true);
  const auto end = clock.Now();
  return end && records && end->steady - begin->steady < kFree;
}

void NoteBusyMonitor(virDomainPtr domain, LaneClock& clock, DomainStats& stats) {
  virDomainControlInfo info{};
  if (!MayLookUp(domain, clock) || virDomainGetControlInfo(domain, &info, 0) != 0) return;
  const Nanoseconds busy = std::chrono::milliseconds(info.stateTime);
  if (info.state != VIR_DOMAIN_CONTROL_OCCUPIED || busy < kLeastBusy) return;
  stats.monitor_ok = false;
  stats.monitor_blocked_s = Seconds(busy);
}

}  // namespace vmtelem
