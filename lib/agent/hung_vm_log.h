#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/snapshot.h"

namespace vmtelem {

// A VM whose monitor_ok is false, in one line: what blocks, for how long, and what is known of the VM all the same.
std::string DescribeHungVm(const DomainStats& domain);

// Finds in the snapshots of one hypervisor which VMs stop answering and which answer again, so that each is logged once
// and not once per cycle. State without a clock; one thread.
class HungVmLog {
 public:
  // Lines for the log: one for each VM, or one that counts them if there are many.
  struct News {
    std::vector<std::string> begun, ended;
  };

  // What is new in `snapshot`: VMs that have not answered for a while, and those of them that do again. A VM of whose
  // monitor nothing is known, and a hypervisor that did not answer, are none.
  News Watch(const Snapshot& snapshot);

 private:
  struct Changes;
  struct Hang {
    std::string name;
    SteadyTime since;
    std::uint64_t listed_in = 0;  // the last pass that saw the VM
  };
  void Compare(const Snapshot& snapshot, const DomainStats& domain, Changes& changes);
  void ForgetUnlisted(const Snapshot& snapshot, Changes& changes);

  std::map<std::string, Hang> hangs_;  // by UUID
  std::uint64_t pass_ = 0;             // counts the snapshots
};

}  // namespace vmtelem
