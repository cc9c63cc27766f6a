#include "base/secret_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/byte_order_mark.h"

namespace vmtelem {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} * 1024;

struct Descriptor {
  explicit Descriptor(int number) : fd(number) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd;
};

Result<std::string> ReadAll(int fd, const std::string& path) {
  std::string text(kMaxBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fail(ErrorCode::kInvalid, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  if (size > kMaxBytes) return Fail(ErrorCode::kInvalid, fmt::format("{} is larger than 64 KiB", path));
  return text;
}

}  // namespace

Result<SecretFile> ReadSecretFile(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0) return Fail(ErrorCode::kInvalid, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  auto text = ReadAll(file.fd, path);
  if (!text) return tl::make_unexpected(text.error());
  if (HasUtf16Mark(*text)) return Fail(ErrorCode::kInvalid, fmt::format("{} is UTF-16; save it as UTF-8", path));
  text->erase(0, text->size() - WithoutUtf8Mark(*text).size());
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  if (text->empty()) return Fail(ErrorCode::kInvalid, fmt::format("{} is empty", path));
  const bool has_control =
      std::any_of(text->begin(), text->end(), [](unsigned char byte) { return byte < 0x20 || byte == 0x7F; });
  if (has_control) return Fail(ErrorCode::kInvalid, fmt::format("{} holds more than one line", path));
  struct stat status {};
  const bool open_to_others = ::fstat(file.fd, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  return SecretFile{Secret(std::move(*text)), open_to_others};
}

}  // namespace vmtelem
