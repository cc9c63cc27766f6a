#include "libvirt/api/host_name.h"

#include "base/local_host_name.h"
#include "libvirt/api/uri.h"

namespace vmtelem {

std::string HostName(const Hypervisor& hypervisor, const std::optional<std::string>& reported) {
  if (!hypervisor.name.empty()) return hypervisor.name;
  if (reported && !reported->empty()) return *reported;
  std::string host = UriHost(hypervisor.uri);
  return host.empty() ? LocalHostName() : host;
}

}  // namespace vmtelem
