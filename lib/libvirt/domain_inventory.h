#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libvirt/api/domain_events.h"
#include "libvirt/api/domain_ref.h"
#include "model/hypervisor.h"

namespace vmtelem {

// The running VMs that are collected, kept up to date from listings and events. State without calls; one thread.
class DomainInventory {
 public:
  explicit DomainInventory(DomainFilter filter);

  // Takes the result of a listing of all running VMs. A VM that has not changed keeps its object.
  //
  // A listing takes time, and events queue up meanwhile: apply all of them afterwards, in their order. Some repeat what
  // the listing already showed, or a state that is over; but the last event of a VM is its latest state, and a VM
  // without an event is as listed.
  void Replace(const std::vector<DomainRef>& listed);
  void Apply(const DomainEvent& event);

  // Ordered by UUID, each once.
  [[nodiscard]] const DomainRefs& domains() const { return domains_; }

 private:
  DomainRefs::iterator Place(const std::string& uuid);               // where it is or would be
  std::shared_ptr<const DomainRef> Shared(const DomainRef& domain);  // the object there is, or a new one

  const DomainFilter filter_;
  DomainRefs domains_;
};

}  // namespace vmtelem
