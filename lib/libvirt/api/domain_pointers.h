#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "libvirt/api/connection.h"
#include "libvirt/api/domain_ref.h"
#include "libvirt/api/handles.h"
#include "libvirt/api/pointer_feed.h"

namespace vmtelem {

// The domain pointers of one connection, valid for that connection only. They come from a listing and from the events
// of the connection, never from a look-up (see PointerFeed). On the lane's thread.
class DomainPointers {
 public:
  // `connection` must outlive the pointers.
  explicit DomainPointers(const Connection& connection);

  // Gets pointers of all VMs that run. Waits for the lock of every VM of the host.
  Result<void> List();

  struct Found {
    std::vector<virDomainPtr> pointers;
    bool some_unknown = false;  // a listing would help, or a moment's wait for an event
  };
  // Returns the pointers of the VMs among `domains` that run, according to events and the last listing. Lists only if
  // the driver has no events. kUnreachable: the connection is lost.
  Result<Found> Find(const DomainRefs& domains);

 private:
  struct Entry {
    std::optional<std::int64_t> domain_id;  // of the run in which the pointer was made; the pointer keeps it
    DomainHandle pointer;
  };
  void TakeEvents();
  void Put(DomainHandle pointer);
  [[nodiscard]] std::string KeyOf(const DomainRef& domain) const;
  [[nodiscard]] virDomainPtr FindOne(const DomainRef& domain) const;
  [[nodiscard]] Found FindKnown(const DomainRefs& domains) const;

  const Connection& connection_;
  const bool by_name_;
  PointerFeed feed_;
  std::unordered_map<std::string, Entry> known_;
  bool forgot_some_ = false;
};

}  // namespace vmtelem
