#include "base/file_io.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>

namespace vmtelem {

std::error_code LastError() { return {errno, std::generic_category()}; }

// As much memory as the file needs: what the process's allocator has once given out for a bound that hardly any file
// comes near stays with the process.
IoResult<std::string> ReadAll(const FileDescriptor& file, std::size_t max_bytes) {
  constexpr std::size_t kFirst = 64 << 10;
  std::string bytes;
  std::size_t size = 0;
  while (size < max_bytes) {
    if (size == bytes.size()) bytes.resize(std::min(max_bytes, std::max(kFirst, 2 * size)));
    const ssize_t got = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::make_unexpected(LastError());
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

std::error_code WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return LastError();
    }
  }
  return {};
}

}  // namespace vmtelem
