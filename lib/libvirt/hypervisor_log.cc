#include "libvirt/hypervisor_log.h"

#include <utility>

namespace vmtelem {
namespace {

// A restart of the daemon takes up to this long.
constexpr Nanoseconds kWorthReporting = std::chrono::seconds(5);

}  // namespace

void HypervisorLog::NoteConnected(const std::string& host) {
  if (!std::exchange(was_up_, true)) log_->debug("connected to {} as host '{}'", shown_uri_, host);
}

void HypervisorLog::NoteReplaced() {
  log_->warn(
      "{}: calls on older connections are not answered while calls on new ones are; the older ones were replaced",
      shown_uri_);
}

void HypervisorLog::NoteControl(const std::optional<Error>& fault, SteadyTime now) {
  if (!fault) {
    if (std::exchange(control_logged_, false)) log_->info("{}: VMs that start are seen again", shown_uri_);
    control_away_since_.reset();
    return;
  }
  control_away_since_ = control_away_since_.value_or(now);
  if (now - *control_away_since_ < kWorthReporting || std::exchange(control_logged_, true)) return;
  log_->warn("{}; known VMs are sampled as before, those that start are not seen", fault->message);
}

}  // namespace vmtelem
