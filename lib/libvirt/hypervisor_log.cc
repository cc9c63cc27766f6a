#include "libvirt/hypervisor_log.h"

#include <utility>

namespace vmtelem {
namespace {

// A restart of the daemon takes up to this long.
constexpr Nanoseconds kWorthReporting = std::chrono::seconds(5);

}  // namespace

void HypervisorLog::NoteConnected(const std::string& host) {
  if (!std::exchange(was_up_, true)) log_->info("connected to {} as host '{}'", shown_uri_, host);
}

void HypervisorLog::NoteReplaced() {
  log_->warn("{}: the connections that were open are not answered any more and new ones are: they were replaced",
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
  log_->warn("{}; the VMs that are known are sampled on, those that start are not seen", fault->message);
}

}  // namespace vmtelem
