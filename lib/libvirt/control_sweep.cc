#include <algorithm>
#include <iterator>
#include <utility>

#include "libvirt/control.h"

namespace vmtelem {
namespace {

// A VM is asked in 0.26 ms (QEMU 7.2, libvirt 9.0); one that takes hundreds of times as long waits for something.
constexpr Nanoseconds kPatience = std::chrono::milliseconds(150);
// A new connection takes some 5 ms.
constexpr Nanoseconds kConnectPatience = std::chrono::seconds(1);

}  // namespace

SweepReport Control::Sweep(const DomainRefs& domains) {
  SweepReport report;
  DomainRefs left = domains;
  while (MaySweep(left, report)) {
    const auto progress = std::make_shared<SweepProgress>();
    auto pending = lane_->Start(
        [left, progress](ControlSession& session, LaneClock& clock) { return session.Sweep(left, *progress, clock); });
    const bool done = AwaitSweep(*progress);
    const auto blocked = progress->blocked();
    report.blocked.insert(report.blocked.end(), blocked.begin(), blocked.end());
    if (done) {
      const auto swept = pending.Take();
      if (!swept && swept.error().code == ErrorCode::kUnreachable) NoteLost();
      break;
    }
    if (bell_->cancelled()) break;
    const auto at = static_cast<std::ptrdiff_t>(progress->at());
    report.locked.push_back({left[static_cast<std::size_t>(at)], Park()});
    left.erase(left.begin(), left.begin() + at + 1);
  }
  return report;
}

// Whether to sweep, or to go on with it behind a VM that held it up. That is only believed of a VM when a new
// connection was answered at once and the call that waits for it still was not: else the daemon is slow with
// everything.
bool Control::MaySweep(const DomainRefs& left, SweepReport& report) {
  const bool may_not = lot_->blocked(clock_.SteadyNow()) >= kMaxBlocked;
  report.incomplete = may_not && !left.empty();
  if (may_not || (left.empty() && report.locked.empty())) return false;
  const SteadyTime begin = clock_.SteadyNow();
  report.silent = !ReadyForSweep(begin + kConnectPatience);
  if (report.silent) return false;
  const bool in_no_time = clock_.SteadyNow() - begin < 2 * kPatience;
  const bool is_slow = !report.locked.empty() && (report.locked.back().call.returned() || !in_no_time);
  if (is_slow) report.locked.pop_back();
  return !is_slow && !left.empty();
}

// A listing that is under way goes on unless it hangs: then it waits for the lock of some VM, which the sweep will
// find.
bool Control::ReadyForSweep(SteadyTime deadline) {
  if (phase_ == Phase::kConnected && background_ != Background::kNone) {
    if (lane_->Await(clock_.SteadyNow() + kPatience)) {
      TakeBackground();
    } else {
      static_cast<void>(Park());
    }
  }
  if (phase_ == Phase::kConnected) return true;
  if (phase_ == Phase::kNone && !StartConnecting()) return false;
  return AwaitConnected(deadline).has_value();
}

// Whether it came to its end, which it does as long as no single VM holds it up.
bool Control::AwaitSweep(const SweepProgress& progress) {
  std::size_t at = progress.at();
  while (!lane_->Await(clock_.SteadyNow() + kPatience)) {
    const std::size_t now_at = progress.at();
    if (now_at == at || bell_->cancelled()) return false;
    at = now_at;
  }
  return true;
}

}  // namespace vmtelem
