#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "libvirt/api/domain_ref.h"
#include "libvirt/lane/parked_calls.h"

namespace vmtelem {

// The VMs that calls of ours wait for; a VM is listed until one of its calls returns. State without calls; one thread.
class StuckDomains {
 public:
  // The VM's QEMU does not answer. The call holds the VM's job, so that calls which do not wait for the job pass by.
  void NoteHung(const DomainRef& domain, const ParkedCall& call, SteadyTime since);
  // Somebody holds the VM's lock, and every call on it waits. It is set aside: nobody asks it for anything.
  void NoteLocked(const DomainRef& domain, const ParkedCall& call, SteadyTime since);

  void Forget(const std::string& uuid) { by_uuid_.erase(uuid); }
  // Forgets the VMs that have been started anew: a call that waits for the earlier run shows nothing about this one.
  void ForgetEarlierRuns(const DomainRefs& running);
  // Forgets the VMs of which a call has returned.
  void Refresh();
  // Another daemon answers now.
  void Clear() { by_uuid_.clear(); }

  [[nodiscard]] bool hung(const std::string& uuid) const;
  [[nodiscard]] bool set_aside(const std::string& uuid) const;
  [[nodiscard]] bool any_set_aside() const;
  [[nodiscard]] std::vector<std::string> all_hung() const;  // UUIDs
  [[nodiscard]] std::optional<SteadyTime> since(const std::string& uuid) const;

 private:
  enum class Kind { kHung, kLocked };
  struct Entry {
    Kind kind;
    std::optional<std::int64_t> domain_id;
    SteadyTime since;
    std::vector<ParkedCall> calls;
  };
  void Note(Kind kind, const DomainRef& domain, const ParkedCall& call, SteadyTime since);
  [[nodiscard]] bool Is(Kind kind, const std::string& uuid) const;

  std::unordered_map<std::string, Entry> by_uuid_;
};

}  // namespace vmtelem
