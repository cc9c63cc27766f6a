#include "spool/spool_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/gzip.h"
#include "base/text.h"

namespace vmtelem {
namespace {

using Kind = SpoolFileFault::Kind;

tl::unexpected<SpoolFileFault> Fault(Kind kind, std::string reason) {
  return tl::make_unexpected(SpoolFileFault{kind, std::move(reason)});
}

tl::expected<std::string, SpoolFileFault> ReadAll(const FileDescriptor& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return tl::make_unexpected(SystemFault());
  if (!S_ISREG(status.st_mode)) return Fault(Kind::kDamaged, "is not a file");
  if (status.st_size > static_cast<off_t>(kMaxSpoolFileBytes)) return Fault(Kind::kDamaged, "is larger than 64 MiB");
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::make_unexpected(SystemFault());
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

// What gzip says at the end of the file of its text's size, modulo 2^32: no other way is known without unpacking it. If
// it is not true the check of gzip fails. What is packed is seldom larger than that. 0 if it cannot be read.
std::size_t BytesTold(const FileDescriptor& file) {
  struct stat status {};
  std::array<unsigned char, 4> told{};
  if (::fstat(file.get(), &status) != 0) return 0;
  if (::pread(file.get(), told.data(), told.size(), status.st_size - off_t{4}) != ssize_t{4}) return 0;
  const std::size_t text_bytes = std::uint32_t{told[0]} | std::uint32_t{told[1]} << 8U | std::uint32_t{told[2]} << 16U |
                                 std::uint32_t{told[3]} << 24U;
  return std::max(text_bytes, static_cast<std::size_t>(status.st_size));
}

}  // namespace

// All of it may pass: permissions come back, descriptors and memory become free.
SpoolFileFault SystemFault() {
  const std::error_code error = LastError();
  if (error == std::errc::no_such_file_or_directory) return {Kind::kGone, "is gone"};
  const Kind kind = error == std::errc::io_error ? Kind::kBadMedium : Kind::kUnreadable;
  return {kind, "cannot be read: " + error.message()};
}

tl::expected<std::shared_ptr<const Batch>, std::string> DecodeSpoolFile(const SpoolName& name, std::string packed,
                                                                        std::size_t max_text_bytes) {
  if (packed.empty()) return tl::make_unexpected(std::string("is empty"));
  auto text = Gunzip(packed, max_text_bytes);
  if (!text) {
    return tl::make_unexpected(fmt::format(
        "is cut short or altered (the check of gzip fails), or holds more than {} MiB", max_text_bytes >> 20U));
  }
  const auto lines = static_cast<std::size_t>(std::count(text->begin(), text->end(), '\n'));
  if (lines != name.lines || lines == 0 || text->back() != '\n') {
    return tl::make_unexpected(fmt::format("holds {} and not the {} in its name", CountOf(lines, "line"), name.lines));
  }
  return std::make_shared<const Batch>(Lines{std::move(*text), lines, name.first_wall_ns, name.last_wall_ns},
                                       std::make_shared<const std::string>(std::move(packed)));
}

tl::expected<FileDescriptor, SpoolFileFault> OpenSpoolFile(const FileDescriptor& directory, const SpoolName& name) {
  const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;  // O_NONBLOCK: never wait for a FIFO's writer
  FileDescriptor file(::openat(directory.get(), FormatSpoolName(name).c_str(), flags));
  if (!file.valid()) return tl::make_unexpected(SystemFault());
  return file;
}

tl::expected<std::shared_ptr<const Batch>, SpoolFileFault> ReadSpoolFile(const FileDescriptor& directory,
                                                                         const SpoolName& name,
                                                                         std::size_t max_text_bytes) {
  const auto file = OpenSpoolFile(directory, name);
  if (!file) return tl::make_unexpected(file.error());
  return ReadOpenSpoolFile(*file, name, max_text_bytes);
}

tl::expected<std::shared_ptr<const Batch>, SpoolFileFault> ReadOpenSpoolFile(const FileDescriptor& file,
                                                                             const SpoolName& name,
                                                                             std::size_t max_text_bytes) {
  if (max_text_bytes < kMaxSpoolFileBytes && BytesTold(file) > max_text_bytes) {
    return Fault(Kind::kLarge, "has more text than is read at once");
  }
  auto packed = ReadAll(file);
  if (!packed) return tl::make_unexpected(std::move(packed.error()));
  auto batch = DecodeSpoolFile(name, std::move(*packed), max_text_bytes);
  if (!batch) return Fault(Kind::kDamaged, std::move(batch.error()));
  return std::move(*batch);
}

}  // namespace vmtelem
