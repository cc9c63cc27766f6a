#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace vmtelem {

// Groups of statistics, as a set of bits. The names are those of `STATS_GROUPS`.
enum StatsGroup : std::uint32_t {
  kGroupState = 1U << 0,
  kGroupCpu = 1U << 1,
  kGroupBalloon = 1U << 2,
  kGroupVcpu = 1U << 3,
  kGroupInterface = 1U << 4,
  kGroupBlock = 1U << 5,
};
using StatsGroups = std::uint32_t;
inline constexpr StatsGroups kAllGroups = (1U << 6) - 1;

// Which VMs are collected. A pattern is a name, a UUID, or a glob over names, see MatchesGlob().
struct DomainFilter {
  std::vector<std::string> include;  // empty: all
  std::vector<std::string> exclude;  // beats include
};

// A hypervisor to read from. Plain data.
struct Hypervisor {
  std::string name{};  // of `NAME=URI`; empty: ask libvirt, then the URI, then the local hostname
  std::string uri{};   // may hold a password (libssh): never log it
  // Which of those it is that have this URI and no name, in the order given. The second one's host is called "name#2".
  std::size_t nth = 1;

  friend bool operator==(const Hypervisor&, const Hypervisor&) = default;
};

// What is read from each hypervisor, and within which limits. Plain data; the defaults are in the table of settings.
struct CollectOptions {
  StatsGroups groups = 0;
  DomainFilter filter;
  // Upper bound of every deadline of a libvirt call; the adaptive ones are shorter.
  Nanoseconds timeout{};
  // How long the first sample waits for a hypervisor to answer, at most `timeout`; later ones need not wait, because
  // the attempt goes on between them. Where only one sample is taken, it is the whole time-out.
  Nanoseconds first_answer_timeout = Nanoseconds::max();
  // Of a service: a cycle ends two intervals (at least 2 s) after its tick, with the answers that have come, and calls
  // that take longer go on into the next. 0: single samples, which take as long as `timeout` allows unless nothing
  // answers.
  Nanoseconds interval{};
  std::size_t lanes = 0;  // bulk calls in parallel; 0: by the number of VMs and cores
  // So many lanes are replaced by others while calls on them block; each pins a worker of the daemon.
  std::size_t lanes_parked_max = 0;
  Nanoseconds device_cache_ttl{};  // how long details out of the domain XML are believed
};

}  // namespace vmtelem
