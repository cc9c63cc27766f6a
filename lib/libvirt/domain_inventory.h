#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libvirt/api/domain_events.h"
#include "libvirt/api/domain_ref.h"
#include "model/hypervisor.h"

namespace vmtelem {

// The running VMs that are collected, as listings and events tell of them. State without calls; one thread.
class DomainInventory {
 public:
  explicit DomainInventory(DomainFilter filter);

  // What a listing of all running VMs gave. The object of a VM that is as it was stays the same.
  //
  // A listing takes time, and events queue up meanwhile: apply them afterwards, all of them and in their order. Some
  // tell again what the listing already knew, even of a state in between that is over; the last event of a VM is its
  // latest state all the same, and a VM without one is as listed.
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
