#include "libvirt/api/open_sockets.h"

#include <charconv>
#include <filesystem>
#include <system_error>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>

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

std::map<std::string, int> OpenSockets() {
  std::map<std::string, int> sockets;
  std::error_code error;
  // A range-for would throw if the directory cannot be read to its end.
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code is_gone;
    const std::string name = entry->path().filename();
    const std::string target = std::filesystem::read_symlink(entry->path(), is_gone);
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (target.starts_with("socket:")) sockets.emplace(target, descriptor);
  }
  return sockets;
}

void ConnectionSocket::NoteBefore() {
  std::set<std::string> before;
  for (const auto& [socket, descriptor] : OpenSockets()) before.insert(socket);
  const std::lock_guard guard(mutex_);
  before_ = std::move(before);
  name_.reset();
}

void ConnectionSocket::NoteOpened() {
  const auto now = OpenSockets();
  const std::lock_guard guard(mutex_);
  std::vector<std::string> candidates;
  for (const auto& [socket, descriptor] : now) {
    if (!before_.contains(socket) && IsToNamedUnixSocket(descriptor)) candidates.push_back(socket);
  }
  before_.clear();
  if (candidates.size() == 1) name_ = candidates.front();
}

void ConnectionSocket::Cut() {
  const std::lock_guard guard(mutex_);
  if (!name_) return;
  const auto sockets = OpenSockets();
  const auto found = sockets.find(*name_);
  if (found != sockets.end()) ::shutdown(found->second, SHUT_RDWR);
}

}  // namespace vmtelem
