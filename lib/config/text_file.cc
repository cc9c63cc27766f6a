#include "config/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/file_io.h"

namespace vmtelem {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;

// Opening a FIFO that nobody writes to would wait. Reading a pipe may: a shell fills it meanwhile.
FileDescriptor OpenToRead(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.valid()) ::fcntl(file.get(), F_SETFL, 0);
  return file;
}

}  // namespace

Result<std::string> ReadTextFile(const std::string& path) {
  const FileDescriptor file = OpenToRead(path);
  auto text = file.valid() ? ReadAll(file, kMaxBytes + 1) : IoResult<std::string>(tl::make_unexpected(LastError()));
  if (!text) return Fail(ErrorCode::kInvalid, fmt::format("cannot read {}: {}", path, text.error().message()));
  if (text->size() > kMaxBytes) return Fail(ErrorCode::kInvalid, path + " is larger than 1 MiB");
  return std::move(*text);
}

}  // namespace vmtelem
