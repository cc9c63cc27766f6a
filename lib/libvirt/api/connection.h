#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "libvirt/api/descriptor_budget.h"
#include "libvirt/api/handles.h"
#include "libvirt/api/tcp_keepalive.h"
#include "libvirt/api/virt_error.h"

namespace vmtelem {

// A read-only connection to a hypervisor. One thread (a lane's) makes, uses and destroys it; every member but type()
// may block for ever.
class Connection {
 public:
  // Never prompts: libvirt takes credentials from its auth.conf or goes without. Does not try, kCannotCreate, if that
  // would take the process's last descriptors.
  struct Means {
    std::shared_ptr<DescriptorBudget> descriptors;                               // of the process
    std::shared_ptr<TcpKeepalive> keepalive = std::make_shared<TcpKeepalive>();  // of this connection
  };
  static Result<Connection> Open(const std::string& uri, const Means& means);

  [[nodiscard]] virConnectPtr get() const { return handle_.get(); }
  [[nodiscard]] const std::string& type() const { return type_; }  // "QEMU", "TEST", ...: virConnectGetType
  [[nodiscard]] bool alive() const { return virConnectIsAlive(handle_.get()) != 0; }

  // Whether the connection is gone after a call on it failed with `error`.
  [[nodiscard]] bool LostAfter(const VirtError& error) const { return MeansConnectionLost(error) || !alive(); }
  // The error of such a call, see CallError(); kUnreachable if the connection is gone.
  [[nodiscard]] Error Failure(const std::string& what, const VirtError& error) const;

  // Absent if the hypervisor does not report it; some refuse it on a read-only connection.
  [[nodiscard]] std::optional<std::string> HostName() const;

  // Takes the `flags` of virConnectListAllDomains.
  [[nodiscard]] Result<std::vector<DomainHandle>> ListDomains(unsigned flags) const;

 private:
  explicit Connection(ConnectHandle handle);

  ConnectHandle handle_;
  std::string type_;
};

}  // namespace vmtelem
