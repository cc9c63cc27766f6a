#include "spool/enqueue.h"

#include <fmt/format.h>

#include "spool/fs/durable_file.h"
#include "spool/spool_file.h"

namespace vmtelem {
namespace {

tl::unexpected<Error> Failed(ErrorCode code, const std::string& path, std::error_code why) {
  return Fail(code, fmt::format("cannot write to the spool {}: {}", path, why.message()));
}

IoResult<FileDescriptor> OpenTarget(const std::string& root, const std::string& target) {
  const auto directory = OpenOrMakeDirectory(root);
  if (!directory) return tl::make_unexpected(directory.error());
  return OpenOrMakeDirectory(*directory, target);
}

}  // namespace

Result<EnqueuedBatch> EnqueueInSpool(const std::string& root, const std::string& target, const Batch& batch) {
  const std::string path = root + "/" + target;
  auto directory = OpenTarget(root, target);
  if (!directory) return Failed(ErrorCode::kCannotCreate, path, directory.error());
  GzipCompressor compressor;
  const Batch packed = Packed(batch, compressor);
  if (!packed.gzip()) return Fail(ErrorCode::kInternal, "no memory to compress a batch");
  SpoolSequence sequence;
  SpoolName name;
  const auto write = [&] {
    name = NameOf(packed, sequence.Next());
    return WriteAndHold(*directory, FormatSpoolName(name), *packed.gzip());
  };
  auto file = write();
  // A process that starts to deliver may have found the file before it was locked, and taken it for an abandoned one.
  if (!file && file.error() == std::errc::no_such_file_or_directory) file = write();
  if (!file) return Failed(ErrorCode::kIo, path, file.error());
  return EnqueuedBatch{std::move(*directory), {name, std::move(*file)}};
}

}  // namespace vmtelem
