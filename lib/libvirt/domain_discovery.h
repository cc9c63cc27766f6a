#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "libvirt/api/domain_events.h"
#include "libvirt/control_session.h"
#include "libvirt/domain_inventory.h"
#include "libvirt/read/device_cache.h"
#include "libvirt/reconnect_pause.h"
#include "model/hypervisor.h"

namespace vmtelem {

// Knows which VMs run. Works on a control lane: a connection of its own, which is made anew with back-off when it is
// lost, one attempt at a time. What is known of the VMs holds until something better is: sampling needs no control
// connection. For the collector's thread; no call waits longer than it says.
class Control {
 public:
  // At most so many calls of ours wait for an answer on control lanes that were left behind; the daemon has five
  // workers for them.
  static constexpr std::size_t kMaxBlocked = 2;

  struct Parts {  // all must outlive this
    Clock& clock;
    ReconnectPause& pause;
  };
  Control(const CollectOptions& options, const Parts& parts, std::shared_ptr<Notifier> notifier);

  // Makes sure that domains() are known, waiting until `deadline` at most; then brings them up to date with what events
  // told. An attempt to connect that takes longer goes on meanwhile.
  Result<void> Ensure(SteadyTime deadline);

  // The connection is gone, or leads to nobody.
  void NoteLost();
  void NoteStaleDevices(const std::string& uuid) { devices_.MarkStale(uuid); }

  // Why VMs that start are not seen; nothing: they are.
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
  // kTimeout, or kClosed after an interruption.
  [[nodiscard]] tl::unexpected<Error> NoAnswer() const;

  [[nodiscard]] const DomainRefs& domains() const { return inventory_.domains(); }
  [[nodiscard]] std::shared_ptr<const DeviceTable> devices() const { return devices_.table(); }
  [[nodiscard]] const ControlSession::Greeting& greeting() const { return greeting_; }
  // What background work failed at since the last time.
  [[nodiscard]] std::vector<Error> TakeProblems() { return std::exchange(problems_, {}); }

  // Starts what is due beside the sampling: a slow listing, unless a VM's lock is known to be held, and device details.
  enum class Locks { kFree, kHeld };
  void Tend(Locks locks);

  Result<std::vector<DomainInfo>> List(ListScope scope, SteadyTime deadline);

  [[nodiscard]] const std::shared_ptr<ParkedCalls>& parked_calls() const { return parked_calls_; }
  // Drops the connection; does not wait.
  void Close() { lane_.reset(); }

 private:
  enum class Phase { kNone, kConnecting, kConnected };
  enum class Background { kNone, kListing, kReadingDevices };

  void KeepUp();
  Result<void> EnsureConnected(SteadyTime deadline);
  Result<void> StartConnecting();
  Result<void> AwaitConnected(SteadyTime deadline);
  Result<void> EnsureInventory(SteadyTime deadline);
  Result<void> AwaitBackground(SteadyTime deadline);
  void StartListing();
  void StartReadingDevices(DomainRefs due);
  void TakeBackground();
  void TakeListing();
  void TakeDevices();
  void ApplyEvents();
  void Park();
  void Drop();
  tl::unexpected<Error> Failed(Error error);

  const CollectOptions& options_;
  Clock& clock_;
  ReconnectPause& pause_;
  const std::shared_ptr<Notifier> notifier_;
  const std::string shown_uri_;
  const std::shared_ptr<ParkedCalls> parked_calls_ = std::make_shared<ParkedCalls>();

  std::unique_ptr<ControlLane> lane_;
  Phase phase_ = Phase::kNone;
  Pending<Result<ControlSession::Greeting>> connecting_;
  SteadyTime connecting_since_;
  ControlSession::Greeting greeting_;
  std::shared_ptr<EventInbox> inbox_;
  std::optional<Error> fault_;

  Background background_ = Background::kNone;
  SteadyTime background_since_;
  Pending<Result<std::vector<DomainRef>>> listing_;
  Pending<Result<ControlSession::Devices>> reading_devices_;
  std::vector<DomainEvent> events_while_listing_;
  bool forgot_events_ = false;  // while listing

  DomainInventory inventory_;
  bool inventory_known_ = false;
  SteadyTime next_listing_;
  DeviceCache devices_;
  std::vector<Error> problems_;
};

}  // namespace vmtelem
