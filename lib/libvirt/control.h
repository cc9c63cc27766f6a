#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "libvirt/control_session.h"
#include "libvirt/device_book.h"
#include "libvirt/domain_events.h"
#include "libvirt/reconnect_pause.h"
#include "libvirt/roster.h"
#include "model/hypervisor.h"

namespace vmtelem {

// What a sweep over some VMs found.
struct SweepReport {
  struct Locked {
    std::shared_ptr<const DomainRef> domain;
    ParkedCall call;  // which waits for the VM's lock
  };
  std::vector<SweepProgress::Blocked> blocked;  // VMs that have a command at their monitor, and for how long
  std::vector<Locked> locked;                   // VMs whose lock is held by somebody: every call on them waits
  bool silent = false;                          // not even a new connection was answered
  bool incomplete = false;                      // too many sweeps are blocked to look at all
};

// Knows which VMs run, and finds out which of them hangs. Works on a control lane: a connection of its own, which is
// made anew with back-off when it is lost, one attempt at a time. For the collector's thread; no call waits longer than
// it says.
class Control {
 public:
  // At most so many calls of ours wait for an answer on control lanes that were left behind; the daemon has five
  // workers for them.
  static constexpr std::size_t kMaxBlocked = 2;

  Control(const CollectOptions& options, Clock& clock, std::shared_ptr<Doorbell> bell);

  // Makes sure that the hypervisor answers and that domains() are known, waiting until `deadline` at most; then brings
  // them up to date with what events told. An attempt to connect that takes longer goes on meanwhile.
  Result<void> Ensure(SteadyTime deadline);
  // Only a connection; domains() may not be known.
  Result<void> EnsureConnected(SteadyTime deadline);

  // The daemon is gone: everything known of it is to be asked anew.
  void NoteLost();
  // It answers nothing: no more is asked until the attempt to connect that is under way is answered.
  void NoteSilent() { roster_known_ = false; }
  void NoteStaleDevices(const std::string& uuid) { devices_.MarkStale(uuid); }

  // kTimeout, or kClosed after an interruption.
  [[nodiscard]] tl::unexpected<Error> NoAnswer() const;

  [[nodiscard]] const DomainRefs& domains() const { return roster_.domains(); }
  [[nodiscard]] std::shared_ptr<const DeviceTable> devices() const { return devices_.table(); }
  [[nodiscard]] const ControlSession::Greeting& greeting() const { return greeting_; }
  // Changes when the daemon may be another one: the ids of VMs may mean other runs.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  // What background work failed at since the last time.
  [[nodiscard]] std::vector<Error> TakeProblems() { return std::exchange(problems_, {}); }

  // Waits for each VM only as long as kPatience.
  SweepReport Sweep(const DomainRefs& domains);

  // Starts what is due beside the sampling: a slow listing, unless a VM's lock is known to be held, and device details.
  enum class Locks { kFree, kHeld };
  void Tend(Locks locks);

  Result<std::vector<DomainInfo>> List(ListScope scope, SteadyTime deadline);

  [[nodiscard]] const std::shared_ptr<ParkingLot>& lot() const { return lot_; }
  // Drops the connection; does not wait.
  void Close() { lane_.reset(); }

 private:
  enum class Phase { kNone, kConnecting, kConnected };
  enum class Background { kNone, kListing, kReadingDevices };

  void KeepUp();
  Result<void> StartConnecting();
  Result<void> AwaitConnected(SteadyTime deadline);
  Result<void> EnsureRoster(SteadyTime deadline);
  Result<void> AwaitBackground(SteadyTime deadline);
  void StartListing();
  void StartReadingDevices(DomainRefs due);
  void TakeBackground();
  void TakeListing();
  void TakeDevices();
  void ApplyEvents();
  bool MaySweep(const DomainRefs& left, SweepReport& report);
  bool ReadyForSweep(SteadyTime deadline);
  bool AwaitSweep(const SweepProgress& progress);
  ParkedCall Park();
  void Drop();
  tl::unexpected<Error> Failed(Error error);

  const CollectOptions& options_;
  Clock& clock_;
  const std::shared_ptr<Doorbell> bell_;
  const std::string shown_uri_;
  const std::shared_ptr<ParkingLot> lot_ = std::make_shared<ParkingLot>();

  std::unique_ptr<ControlLane> lane_;
  Phase phase_ = Phase::kNone;
  Pending<Result<ControlSession::Greeting>> connecting_;
  SteadyTime connecting_since_;
  ControlSession::Greeting greeting_;
  std::shared_ptr<EventInbox> inbox_;
  ReconnectPause pause_;
  Error last_error_;
  std::uint64_t generation_ = 0;

  Background background_ = Background::kNone;
  SteadyTime background_since_;
  Pending<Result<std::vector<DomainRef>>> listing_;
  Pending<Result<ControlSession::Devices>> reading_devices_;
  std::vector<DomainEvent> events_while_listing_;
  bool forgot_events_ = false;  // while listing

  Roster roster_;
  bool roster_known_ = false;
  SteadyTime next_listing_;
  DeviceBook devices_;
  std::vector<Error> problems_;
};

}  // namespace vmtelem
