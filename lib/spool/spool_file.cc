#include "spool/spool_file.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace vmtelem {
namespace {

Result<std::string> ReadPacked(const FileDescriptor& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return SystemFault();
  if (!S_ISREG(status.st_mode)) return Damaged("is not a file");
  if (status.st_size > static_cast<off_t>(kMaxSpoolFileBytes)) return Damaged("is larger than 64 MiB");
  auto packed = ReadAll(file, static_cast<std::size_t>(status.st_size));
  if (!packed) return SystemFault(packed.error());
  return std::move(*packed);
}

// The size of the text, modulo 2^32, as gzip writes it at the end of the file: no other way is known without unpacking
// it. If it is not true the check of gzip fails. A file is seldom larger than its text. 0 if it cannot be read.
std::size_t StatedTextBytes(const FileDescriptor& file) {
  struct stat status {};
  std::array<unsigned char, 4> stated{};
  if (::fstat(file.get(), &status) != 0) return 0;
  if (::pread(file.get(), stated.data(), stated.size(), status.st_size - off_t{4}) != ssize_t{4}) return 0;
  const std::size_t text_bytes = std::uint32_t{stated[0]} | std::uint32_t{stated[1]} << 8U |
                                 std::uint32_t{stated[2]} << 16U | std::uint32_t{stated[3]} << 24U;
  return std::max(text_bytes, static_cast<std::size_t>(status.st_size));
}

}  // namespace

SpoolName NameOf(const Batch& batch, std::uint64_t sequence) {
  return {batch.first_wall_ns(), batch.last_wall_ns(), sequence, static_cast<std::uint32_t>(batch.line_count())};
}

Batch Packed(const Batch& batch, GzipCompressor& compressor) {
  if (batch.gzip()) return batch;
  auto gzip = compressor.Compress(batch.bytes());
  return gzip ? batch.WithGzip(std::make_shared<const std::string>(std::move(*gzip))) : batch;
}

// All of it may pass: permissions come back, descriptors and memory become free.
tl::unexpected<Error> SystemFault(const std::error_code& error) {
  if (error == std::errc::no_such_file_or_directory) return Fail(ErrorCode::kNotFound, "is gone");
  const ErrorCode code = error == std::errc::io_error ? ErrorCode::kIo : ErrorCode::kDenied;
  return Fail(code, "cannot be read: " + error.message());
}

tl::unexpected<Error> Damaged(std::string how) { return Fail(ErrorCode::kInvalid, std::move(how)); }

Result<std::shared_ptr<const Batch>> DecodeSpoolFile(const SpoolName& name, std::string packed,
                                                     std::size_t max_text_bytes) {
  if (packed.empty()) return Damaged("is empty");
  auto text = Gunzip(packed, max_text_bytes);
  if (!text) {
    return Damaged(fmt::format("is cut short or altered (the check of gzip fails), or holds more than {} MiB",
                               max_text_bytes >> 20U));
  }
  const auto lines = static_cast<std::size_t>(std::count(text->begin(), text->end(), '\n'));
  if (lines != name.lines || lines == 0 || text->back() != '\n') {
    return Damaged(fmt::format("holds {} and not the {} in its name", CountOf(lines, "line"), name.lines));
  }
  return std::make_shared<const Batch>(Lines{std::move(*text), lines, name.first_wall_ns, name.last_wall_ns},
                                       std::make_shared<const std::string>(std::move(packed)));
}

Result<FileDescriptor> OpenSpoolFile(const FileDescriptor& directory, const SpoolName& name) {
  const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;  // O_NONBLOCK: never wait for a FIFO's writer
  FileDescriptor file(::openat(directory.get(), FormatSpoolName(name).c_str(), flags));
  if (!file.valid()) return SystemFault();
  return file;
}

Result<std::shared_ptr<const Batch>> ReadSpoolFile(const FileDescriptor& directory, const SpoolName& name,
                                                   std::size_t max_text_bytes) {
  const auto file = OpenSpoolFile(directory, name);
  if (!file) return tl::make_unexpected(file.error());
  return ReadOpenSpoolFile(*file, name, max_text_bytes);
}

Result<std::shared_ptr<const Batch>> ReadOpenSpoolFile(const FileDescriptor& file, const SpoolName& name,
                                                       std::size_t max_text_bytes) {
  if (max_text_bytes < kMaxSpoolFileBytes && StatedTextBytes(file) > max_text_bytes) {
    return Fail(ErrorCode::kUnsupported, "has more text than is read at once");
  }
  auto packed = ReadPacked(file);
  if (!packed) return tl::make_unexpected(std::move(packed.error()));
  return DecodeSpoolFile(name, std::move(*packed), max_text_bytes);
}

}  // namespace vmtelem
