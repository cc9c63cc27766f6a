#include "ship/leave_in_spool.h"

#include <fmt/format.h>

#include "base/gzip.h"
#include "ship/durable_file.h"
#include "ship/spool_name.h"

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

Result<std::string> LeaveInSpool(const std::string& root, const std::string& target, const Batch& batch) {
  const std::string path = root + "/" + target;
  const auto directory = OpenTarget(root, target);
  if (!directory) return Failed(ErrorCode::kCannotCreate, path, directory.error());
  const auto gzip = batch.gzip() ? *batch.gzip() : GzipCompressor().Compress(batch.bytes());
  if (!gzip) return Fail(ErrorCode::kInternal, "no memory to compress a batch");
  SpoolSequence sequence;
  std::string name;
  const auto write = [&] {
    name = FormatSpoolName(
        {batch.first_wall_ns(), batch.last_wall_ns(), sequence.Next(), static_cast<std::uint32_t>(batch.line_count())});
    return WriteDurably(*directory, name, *gzip);
  };
  std::error_code error = write();
  // A process that starts to deliver may have found the file before it was locked, and taken it for an abandoned one.
  if (error == std::errc::no_such_file_or_directory) error = write();
  if (error) return Failed(ErrorCode::kIo, path, error);
  return path + "/" + name;
}

}  // namespace vmtelem
