#include "http/unix_socket.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace vmtelem {
namespace {

constexpr mode_t kMode = 0660;
constexpr int kLockTries = 200;  // 10 ms apart: others hold the lock for less than one

tl::unexpected<Error> CannotListen(const std::string& path, std::string_view cause, std::string hint = {}) {
  return Fail(ErrorCode::kCannotCreate, fmt::format("cannot listen on unix:{}: {}", path, cause), std::move(hint));
}

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy_n(path.begin(), std::min(path.size(), sizeof(address.sun_path) - 1), std::begin(address.sun_path));
  return address;
}

const sockaddr* Generic(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

FileDescriptor NewSocket() { return FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

// Released when it is closed.
IoResult<FileDescriptor> LockDirectoryOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  FileDescriptor directory(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return tl::make_unexpected(LastError());
  for (int tries = 0; ::flock(directory.get(), LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (errno != EWOULDBLOCK || tries == kLockTries) return tl::make_unexpected(LastError());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return directory;
}

// Whether the socket at `path` has nobody who listens any more; the error is what else connecting there gave.
IoResult<bool> IsStale(const std::string& path) {
  const FileDescriptor socket = NewSocket();
  if (!socket.valid()) return tl::make_unexpected(LastError());
  const sockaddr_un address = AddressOf(path);
  if (::connect(socket.get(), Generic(address), sizeof(address)) == 0) return false;
  if (errno == EAGAIN) return false;  // somebody's, whose queue is full
  if (errno == ECONNREFUSED) return true;
  return tl::make_unexpected(LastError());
}

Result<void> MakeRoom(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return CannotListen(path, LastError().message());
  }
  if (!S_ISSOCK(status.st_mode)) return CannotListen(path, "there is a file that is no socket, which is left alone");
  const auto stale = IsStale(path);
  if (!stale) return CannotListen(path, stale.error().message());
  if (!*stale) return CannotListen(path, "another process listens there");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return CannotListen(path, LastError().message());
  return {};
}

// Linux gives the file the mode of the socket (fchmod(2) before bind(2)) less the umask, which belongs to all threads
// that share a file system context; this one leaves it. Where that is forbidden, as in some containers, the umask is
// that of the process, so the mode can only be too narrow, and is set right before anybody could connect.
std::error_code Bind(const FileDescriptor& socket, const std::string& path) {
  std::error_code error;
  std::thread([&] {
    if (::unshare(CLONE_FS) == 0) ::umask(0);
    const sockaddr_un address = AddressOf(path);
    if (::fchmod(socket.get(), kMode) != 0 || ::bind(socket.get(), Generic(address), sizeof(address)) != 0) {
      error = LastError();
    }
  }).join();
  return error;
}

Result<UnixListener> BindAndListen(const std::string& path) {
  FileDescriptor socket = NewSocket();
  if (!socket.valid()) return CannotListen(path, LastError().message());
  if (const std::error_code error = Bind(socket, path)) return CannotListen(path, error.message());
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return CannotListen(path, LastError().message());
  UnixSocketFile file(path, status.st_dev, status.st_ino);
  const bool is_right = (status.st_mode & ALLPERMS) == kMode || ::chmod(path.c_str(), kMode) == 0;
  if (!is_right || ::listen(socket.get(), SOMAXCONN) != 0) return CannotListen(path, LastError().message());
  return UnixListener{std::move(socket), std::move(file)};
}

}  // namespace

UnixSocketFile::UnixSocketFile(std::string path, dev_t device, ino_t number)
    : path_(std::move(path)), device_(device), number_(number) {}

UnixSocketFile::~UnixSocketFile() { Remove(); }

UnixSocketFile::UnixSocketFile(UnixSocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), number_(other.number_) {}

UnixSocketFile& UnixSocketFile::operator=(UnixSocketFile&& other) noexcept {
  if (this == &other) return *this;
  Remove();
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  number_ = other.number_;
  return *this;
}

// Without the lock, if it cannot be had: the file is ours, and another one that starts takes it for a living socket.
void UnixSocketFile::Remove() {
  if (path_.empty()) return;
  const auto lock = LockDirectoryOf(path_);
  struct stat status {};
  const bool is_ours = ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == number_;
  if (is_ours) ::unlink(path_.c_str());
  path_.clear();
}

Result<UnixListener> ListenOnUnixSocket(const std::string& path) {
  const auto lock = LockDirectoryOf(path);
  if (!lock) return CannotListen(path, fmt::format("its directory: {}", lock.error().message()));
  return MakeRoom(path).and_then([&] { return BindAndListen(path); });
}

}  // namespace vmtelem
