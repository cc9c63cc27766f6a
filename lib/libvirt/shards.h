#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "libvirt/api/domain_ref.h"

// How the VMs of a host are shared out to calls in parallel, and how long these may take. Pure.
namespace vmtelem {

// How many bulk calls at once: `configured`, or if that is 0 one for every few VMs, but no more than the cores have
// use for; 1 for a `remote` hypervisor, where each is a connection through a network. Never 0, nor more than VMs.
struct LaneDemand {
  std::size_t configured = 0;
  std::size_t vms = 0;
  std::size_t cores = 1;
  bool remote = false;
};
std::size_t LaneCount(const LaneDemand& demand);

// At most `count` parts of equal size, none empty, in order.
std::vector<DomainRefs> Split(const DomainRefs& domains, std::size_t count);

// How long a shard may take before it is worth looking what holds it up: 4 times its moving average.
class ShardPace {
 public:
  static constexpr Nanoseconds kShortest = std::chrono::milliseconds(250);
  // While there is no average: a daemon that has just started makes each QEMU describe itself, which takes its time.
  static constexpr Nanoseconds kFirst = std::chrono::milliseconds(600);

  // Of a part of a shard that was late: others may hang beside the VM that was found, and each look costs the cycle
  // its time.
  static constexpr Nanoseconds kShortestOfPart = std::chrono::milliseconds(100);

  explicit ShardPace(Nanoseconds longest) : longest_(longest) {}

  void Note(Nanoseconds took);
  // The daemon is another one.
  void Forget() { average_ = Nanoseconds::zero(); }
  [[nodiscard]] bool known() const { return average_ != Nanoseconds::zero(); }
  [[nodiscard]] Nanoseconds Limit() const;
  [[nodiscard]] Nanoseconds LimitOfPart() const;

 private:
  Nanoseconds longest_;
  Nanoseconds average_{};  // 0: none yet
};

// How long a call for one VM alone may take before the others are not kept waiting for it any more.
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
