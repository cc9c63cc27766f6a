#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "libvirt/connection.h"
#include "libvirt/domain_ref.h"
#include "libvirt/handles.h"

namespace vmtelem {

// How pointers are got that are not there yet. A listing is one remote call instead of one for each VM, but it waits
// for the lock of every VM of the host, even of one that is set aside.
enum class Lookup { kOneByOne, kByListing };

// The domain pointers of one connection, which are good for that connection only. On the lane's thread.
class DomainPointers {
 public:
  // `connection` must outlive the pointers.
  explicit DomainPointers(const Connection& connection) : connection_(connection) {}

  // Null: there is no such VM any more. kUnreachable: the connection is lost.
  Result<virDomainPtr> Find(const DomainRef& domain);
  // Those of `domains` that there are.
  Result<std::vector<virDomainPtr>> Find(const DomainRefs& domains, Lookup lookup);
  // Forgets all but those of `domains` when there are many more pointers than the `known` VMs of the host.
  void Prune(const DomainRefs& domains, std::size_t known);

 private:
  Result<void> List();

  const Connection& connection_;
  // A pointer keeps the id of the VM's run in which it was got: that of a later run needs another.
  struct Entry {
    std::optional<std::int64_t> domain_id;  // as it was asked for
    DomainHandle pointer;
  };
  std::unordered_map<std::string, Entry> by_uuid_;
};

}  // namespace vmtelem
