#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "libvirt/api/domain_ref.h"
#include "libvirt/read/stats_reader.h"
#include "model/snapshot.h"

namespace vmtelem {

// A number for the kind of a call. Calls of one kind ask for the same statistics of the same VMs, in any order, and
// take about equally long.
std::uint64_t KindOfCall(const DomainRefs& domains, Depth depth);

// Remembers how long the latest calls for each VM took. The shortest of them shows how long such a call needs; a longer
// call waited for the rest of its time. One thread; memory grows with the VMs that are listed.
class CallFloors {
 public:
  static constexpr std::size_t kRecent = 8;
  // Calls within this time count as one: at ten per second, eight calls may all fall into one moment of trouble.
  static constexpr Nanoseconds kTogether = std::chrono::milliseconds(500);

  // Sets DomainStats::call_floor of VMs that were read by calls of one kind. Calls of another kind need another time
  // and are forgotten. One call cannot show how long its kind needs, so the earlier floor holds for it too.
  void Assign(std::uint64_t kind, std::span<DomainStats> domains);

  // Forgets all VMs but these.
  void KeepOnly(const std::vector<DomainStats>& listed);

 private:
  struct Calls {
    std::uint64_t kind = 0;
    std::array<Nanoseconds, kRecent> took{};  // the shortest call of each group that counts as one
    std::size_t count = 0;                    // of this kind
    SteadyTime first_together{};
    Nanoseconds floor = Nanoseconds::max();
    std::uint64_t listed_in = 0;  // the last KeepOnly() that named the VM

    void Note(SteadyTime began, Nanoseconds call_took);
    Nanoseconds NoteCall(std::uint64_t kind_of_call, const DomainStats& domain);
  };
  std::unordered_map<std::string, Calls> by_uuid_;
  std::uint64_t listings_ = 0;
};

}  // namespace vmtelem
