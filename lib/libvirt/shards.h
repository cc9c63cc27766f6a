#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "libvirt/api/domain_ref.h"

// Shares the VMs of a host out to parallel calls, and says how long these may take. Pure.
namespace vmtelem {

// How many bulk calls to make at once: `configured`, or if that is 0 one for every few VMs, but no more than the cores
// can use; 1 for a `remote` hypervisor, where each is a connection through a network. Never 0, nor more than VMs.
struct LaneDemand {
  std::size_t configured = 0;
  std::size_t vms = 0;
  std::size_t cores = 1;
  bool remote = false;
};
std::size_t LaneCount(const LaneDemand& demand);

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
