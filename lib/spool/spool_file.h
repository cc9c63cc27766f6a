#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "model/batch.h"
#include "spool/fs/directory.h"
#include "spool/spool_name.h"

namespace vmtelem {

// The largest file that is read and the most text that is taken from one. A batch is sealed at 4 MiB.
constexpr std::size_t kMaxSpoolFileBytes = std::size_t{64} << 20U;

// The batch in the bytes of the file called `name`, or what is wrong with them. Checked are gzip's CRC-32 and length
// and the number of lines; what is in a line is its writer's matter. More text than `max_text_bytes` is a fault, too.
// Pure.
tl::expected<std::shared_ptr<const Batch>, std::string> DecodeSpoolFile(
    const SpoolName& name, std::string packed, std::size_t max_text_bytes = kMaxSpoolFileBytes);

struct SpoolFileFault {
  enum class Kind {
    kGone,        // there is no such file
    kDamaged,     // and will never be read
    kBadMedium,   // EIO: the disk says so, which may pass
    kLarge,       // it has more text than may be taken at once, see SpoolFileParts
    kUnreadable,  // now; the file itself may be whole
  };
  Kind kind = Kind::kGone;
  std::string reason;  // to follow the name of the file in a sentence
};

// What the system call that failed last means for a file of the spool.
SpoolFileFault SystemFault();

tl::expected<FileDescriptor, SpoolFileFault> OpenSpoolFile(const FileDescriptor& directory, const SpoolName& name);

tl::expected<std::shared_ptr<const Batch>, SpoolFileFault> ReadSpoolFile(
    const FileDescriptor& directory, const SpoolName& name, std::size_t max_text_bytes = kMaxSpoolFileBytes);
// The same of a file that is open.
tl::expected<std::shared_ptr<const Batch>, SpoolFileFault> ReadOpenSpoolFile(const FileDescriptor& file,
                                                                             const SpoolName& name,
                                                                             std::size_t max_text_bytes);

}  // namespace vmtelem
