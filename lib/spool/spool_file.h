#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/gzip.h"
#include "base/result.h"
#include "model/batch.h"
#include "spool/fs/directory.h"
#include "spool/spool_name.h"

// A batch as a file. A fault of one is an error whose message follows the name of the file in a sentence, and
// whose code says what to do:
//   kNotFound     there is no such file
//   kInvalid      it is damaged, and will never be read
//   kIo           the medium failed to read it, which may pass
//   kDenied       it cannot be read now, as for want of descriptors or permissions; the file itself may be whole
//   kUnsupported  it has more text than may be taken at once, see SpoolFileParts
namespace vmtelem {

// The largest file that is read and the most text that is taken from one. A batch is sealed at 4 MiB.
constexpr std::size_t kMaxSpoolFileBytes = std::size_t{64} << 20U;

SpoolName NameOf(const Batch& batch, std::uint64_t sequence);

// The batch with its gzip, which is what its file holds; as it is if there is no memory for that.
Batch Packed(const Batch& batch, GzipCompressor& compressor);

// The batch in the bytes of the file called `name`. Checked are gzip's CRC-32 and length and the number of lines; what
// is in a line is its writer's matter. More text than `max_text_bytes` is damage, too. Pure.
Result<std::shared_ptr<const Batch>> DecodeSpoolFile(const SpoolName& name, std::string packed,
                                                     std::size_t max_text_bytes = kMaxSpoolFileBytes);

// What the system call that failed last means for a file of the spool.
tl::unexpected<Error> SystemFault(const std::error_code& error = LastError());
// It will never be read; `how` follows the name of the file in a sentence.
tl::unexpected<Error> Damaged(std::string how);

Result<FileDescriptor> OpenSpoolFile(const FileDescriptor& directory, const SpoolName& name);

Result<std::shared_ptr<const Batch>> ReadSpoolFile(const FileDescriptor& directory, const SpoolName& name,
                                                   std::size_t max_text_bytes = kMaxSpoolFileBytes);
// The same of a file that is open.
Result<std::shared_ptr<const Batch>> ReadOpenSpoolFile(const FileDescriptor& file, const SpoolName& name,
                                                       std::size_t max_text_bytes);

}  // namespace vmtelem
