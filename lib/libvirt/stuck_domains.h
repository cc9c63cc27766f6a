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

// The VMs that calls of ours wait for, each as long as none of its calls has returned. State without calls; one thread.
class StuckDomains {
 public:
  // Its QEMU does not answer. The call holds the VM's job, so that others that do not wait for it pass by.
  void NoteHung(const DomainRef& domain, const ParkedCall& call, SteadyTime since);
  // Somebody holds its lock: every call on it waits. It is set aside: not asked for anything.
  void NoteLocked(const DomainRef& domain, const ParkedCall& call, SteadyTime since);

  void Forget(const std::string& uuid) { by_uuid_.erase(uuid); }
  // Forgets those that have been started anew: what waits for the run before says nothing about this one.
  void ForgetEarlierRuns(const DomainRefs& running);
  // Forgets those of whose calls one has returned.
  void Refresh();
  // The daemon is another one.
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
