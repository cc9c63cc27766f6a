#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "libvirt/daemon_link.h"
#include "libvirt/domain_inventory.h"
#include "libvirt/read/device_cache.h"
#include "model/hypervisor.h"

namespace vmtelem {

// Finds out which VMs run, from listings and events of the control connection, and which devices they have. The last
// known VMs stay until better is known: sampling needs no control connection. For the collector's thread; no call waits
// longer than it says.
class DomainDiscovery {
 public:
  DomainDiscovery(const CollectOptions& options, const DaemonLink::Parts& parts, std::shared_ptr<Notifier> notifier);

  // Makes sure that domains() are known, waiting until `deadline` at most; then applies the events that have come. An
  // attempt to connect that takes longer goes on meanwhile.
  Result<void> Ensure(SteadyTime deadline);

  // The connection is gone or leads nowhere.
  void NoteLost();
  void NoteStaleDevices(const std::string& uuid) { devices_.MarkStale(uuid); }

  [[nodiscard]] const DaemonLink& link() const { return link_; }
  [[nodiscard]] const DomainRefs& domains() const { return inventory_.domains(); }
  [[nodiscard]] std::shared_ptr<const DeviceTable> devices() const { return devices_.table(); }
  // Takes the errors of background work since the last call.
  [[nodiscard]] std::vector<Error> TakeProblems() { return std::exchange(problems_, {}); }

  // Starts the work that is due beside the sampling: a listing, unless a VM's lock is known to be held, or the reading
  // of devices.
  enum class Locks { kFree, kHeld };
  void Tend(Locks locks);

  Result<std::vector<DomainInfo>> List(ListScope scope, SteadyTime deadline);

  // Drops the connection; does not wait.
  void Close();

 private:
  using Listing = Pending<Result<std::vector<DomainRef>>>;
  using ReadingDevices = Pending<Result<ControlSession::Devices>>;
  struct Job {  // under way on the control lane
    std::variant<Listing, ReadingDevices> outcome;
    SteadyTime since;
  };

  void KeepUp();
  Result<void> EnsureConnected(SteadyTime deadline);
  Result<void> EnsureInventory(SteadyTime deadline);
  Result<void> AwaitJob(SteadyTime deadline);
  void StartListing();
  void StartReadingDevices(DomainRefs due);
  void TakeJob();
  Nanoseconds TakeListingInterval();
  void TakeListing(const Result<std::vector<DomainRef>>& listed);
  void TakeDevices(Result<ControlSession::Devices> read);
  void ApplyEvents();
  void LeaveBehind();
  [[nodiscard]] bool IsListing() const { return job_ && std::holds_alternative<Listing>(job_->outcome); }
  [[nodiscard]] bool NeedsDevices() const;

  const CollectOptions& options_;
  Clock& clock_;
  DaemonLink link_;
  std::optional<Job> job_;
  std::vector<DomainEvent> events_while_listing_;
  bool forgot_events_ = false;  // while listing

  DomainInventory inventory_;
  bool inventory_known_ = false;
  SteadyTime next_listing_;
  bool is_first_listing_ = true;  // on the connection
  DeviceCache devices_;
  const Nanoseconds second_listing_;  // after the first
  std::vector<Error> problems_;
};

}  // namespace vmtelem
