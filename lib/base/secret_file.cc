#include "base/secret_file.h"

#include <algorithm>
#include <cstddef>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/byte_order_mark.h"
#include "base/file_io.h"

namespace vmtelem {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} * 1024;

tl::unexpected<Error> CannotRead(const std::string& path, const std::error_code& error) {
  return Fail(ErrorCode::kInvalid, fmt::format("cannot read {}: {}", path, error.message()));
}

}  // namespace

Result<SecretFile> ReadSecretFile(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return CannotRead(path, LastError());
  auto text = ReadAll(file, kMaxBytes + 1);
  if (!text) return CannotRead(path, text.error());
  if (text->size() > kMaxBytes) return Fail(ErrorCode::kInvalid, fmt::format("{} is larger than 64 KiB", path));
  if (HasUtf16Mark(*text)) return Fail(ErrorCode::kInvalid, fmt::format("{} is UTF-16; save it as UTF-8", path));
  text->erase(0, text->size() - WithoutUtf8Mark(*text).size());
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  if (text->empty()) return Fail(ErrorCode::kInvalid, fmt::format("{} is empty", path));
  const bool has_control =
      std::any_of(text->begin(), text->end(), [](unsigned char byte) { return byte < 0x20 || byte == 0x7F; });
  if (has_control) return Fail(ErrorCode::kInvalid, fmt::format("{} holds more than one line", path));
  struct stat status {};
  const bool open_to_others = ::fstat(file.get(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  return SecretFile{Secret(std::move(*text)), open_to_others};
}

}  // namespace vmtelem
