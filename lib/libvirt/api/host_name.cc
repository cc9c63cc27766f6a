#include "libvirt/api/host_name.h"

#include <array>

#include <unistd.h>

#include "libvirt/api/uri.h"

namespace vmtelem {
namespace {

std::string LocalHostName() {
  std::array<char, 256> name{};  // HOST_NAME_MAX is 64; the last byte stays 0
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

}  // namespace

std::string HostName(const Hypervisor& hypervisor, const std::optional<std::string>& reported) {
  if (!hypervisor.name.empty()) return hypervisor.name;
  if (reported && !reported->empty()) return *reported;
  std::string host = UriHost(hypervisor.uri);
  return host.empty() ? LocalHostName() : host;
}

}  // namespace vmtelem
