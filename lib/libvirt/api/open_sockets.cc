#include "libvirt/api/open_sockets.h"

#include <utility>
#include <vector>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "libvirt/api/open_descriptors.h"

namespace vmtelem {
namespace {

// A stream to a server that has a path, as libvirtd's sockets have.
bool IsToNamedUnixSocket(int descriptor) {
  int type = 0;
  socklen_t type_size = sizeof type;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0 || type != SOCK_STREAM) return false;
  sockaddr_un peer{};
  socklen_t size = sizeof peer;
  return ::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0 && peer.sun_family == AF_UNIX &&
         peer.sun_path[0] != '\0';
}

}  // namespace

std::map<ino_t, int> OpenSockets() {
  std::map<ino_t, int> sockets;
  const int size = DescriptorTableSize().value_or(0);
  for (int descriptor = 0; descriptor < size; ++descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode)) sockets.emplace(status.st_ino, descriptor);
  }
  return sockets;
}

void ConnectionSocket::NoteBefore() {
  std::set<ino_t> before;
  for (const auto& [socket, descriptor] : OpenSockets()) before.insert(socket);
  const std::lock_guard guard(mutex_);
  before_ = std::move(before);
  socket_.reset();
}

void ConnectionSocket::NoteOpened() {
  const auto now = OpenSockets();
  const std::lock_guard guard(mutex_);
  std::vector<ino_t> candidates;
  for (const auto& [socket, descriptor] : now) {
    if (!before_.contains(socket) && IsToNamedUnixSocket(descriptor)) candidates.push_back(socket);
  }
  before_.clear();
  if (candidates.size() == 1) socket_ = candidates.front();
}

void ConnectionSocket::Cut() {
  const std::lock_guard guard(mutex_);
  if (!socket_) return;
  const auto sockets = OpenSockets();
  const auto found = sockets.find(*socket_);
  if (found != sockets.end()) ::shutdown(found->second, SHUT_RDWR);
}

}  // namespace vmtelem
