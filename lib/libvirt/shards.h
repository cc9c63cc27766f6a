#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "libvirt/api/domain_ref.h"

// Shares the VMs of a host out to parallel calls, and says how long these may take. Pure.
namespace vmtelem {

// What the number of a hypervisor's lanes depends on.
struct LaneDemand {
  std::size_t configured = 0;
  std::size_t vms = 0;
  std::size_t cores = 1;
  bool remote = false;
  std::size_t hosts = 1, local_hosts = 1;  // of this process; the local ones share the cores
};

// How many bulk calls to make at once: `configured`, or if that is 0 one for every few VMs, but no more than the cores
// can use; 1 for a `remote` hypervisor, where each is a connection through a network. Never 0, nor more than VMs.
std::size_t LaneCount(const LaneDemand& demand);

// How many lanes to have beyond those: each is an idle connection in the daemon and an idle thread here.
//
// While a VM's lock is held no lane can be made, since a new lane needs a listing. So the spare lanes have to suffice
// for what is locked at once, and each lock may hold up a shard and the call that finds it: kSpares suffices for four.
// With many hypervisors a process cannot afford that. A remote one has fewer, since each lane may be an ssh process.
std::size_t SpareCount(const LaneDemand& demand);
inline constexpr std::size_t kSpares = 5;
inline constexpr std::size_t kSparesOfRemote = 2;
// More hypervisors than these are some, or many: kSparesOfSome, kSparesOfMany.
inline constexpr std::size_t kFewHosts = 10, kSomeHosts = 100;
inline constexpr std::size_t kSparesOfSome = 2, kSparesOfMany = 1;

// At most `count` parts of equal size, none empty, in order.
std::vector<DomainRefs> Split(const DomainRefs& domains, std::size_t count);

// How long a shard may take before a search for its cause is worth it: 4 times the moving average.
class ShardPace {
 public:
  static constexpr Nanoseconds kShortest = std::chrono::milliseconds(250);
  // The limit while there is no average: a daemon that has just started makes each QEMU describe itself, which takes
  // time.
  static constexpr Nanoseconds kFirst = std::chrono::milliseconds(600);

  // The limit of a part of a shard that was late: other VMs may hang beside the one that was found, and each search
  // costs the cycle time.
  static constexpr Nanoseconds kShortestOfPart = std::chrono::milliseconds(100);

  explicit ShardPace(Nanoseconds longest) : longest_(longest) {}

  void Note(Nanoseconds took);
  // Another daemon answers now.
  void Forget() { average_ = Nanoseconds::zero(); }
  [[nodiscard]] bool known() const { return average_ != Nanoseconds::zero(); }
  [[nodiscard]] Nanoseconds Limit() const;
  [[nodiscard]] Nanoseconds LimitOfPart() const;

 private:
  Nanoseconds longest_;
  Nanoseconds average_{};  // 0: none yet
};

// How long a call for one VM may take before the cycle stops waiting for it.
class LonePace {
 public:
  static constexpr Nanoseconds kShortest = std::chrono::milliseconds(250);
  static constexpr Nanoseconds kLongest = std::chrono::milliseconds(500);

  explicit LonePace(Nanoseconds longest) : longest_(std::min(longest, kLongest)) {}

  void Note(Nanoseconds took) { average_ += (took - average_) / 16; }
  [[nodiscard]] Nanoseconds Limit() const { return std::min(std::max(4 * average_, kShortest), longest_); }

 private:
  Nanoseconds longest_;
  Nanoseconds average_{};
};

}  // namespace vmtelem
