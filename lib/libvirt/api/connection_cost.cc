#include "libvirt/api/connection_cost.h"

#include "libvirt/api/uri.h"

namespace vmtelem {

// A socket and the wake-up of GLib's loop, of which each connection has one; with a child also a pipe for its messages.
// While it is being opened: files of the name service, of keys and of certificates, or both ends of all that a child
// gets.
ConnectionCost CostOfConnection(const std::string& uri) {
  if (IsInProcess(uri)) return {.while_opening = 1};  // a file that describes its VMs
  if (RunsChild(uri)) return {.descriptors = 3, .while_opening = 8, .processes = 1};
  return {.descriptors = 2, .while_opening = 6};
}

}  // namespace vmtelem
