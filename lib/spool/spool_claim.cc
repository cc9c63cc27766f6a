#include "spool/spool_claim.h"

#include <array>
#include <charconv>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/fs/safe_open.h"

namespace vmtelem {
namespace {

constexpr const char* kClaimFile = "claim";

}  // namespace

bool SpoolClaim::Keep(const FileDescriptor& directory, std::uint64_t bytes, SteadyTime now) {
  const std::uint64_t before = std::exchange(bytes_, bytes);
  if (bytes == 0) {
    if (before > 0) ::unlinkat(directory.get(), kClaimFile, 0);
    return false;
  }
  if (bytes == before && now < due_) return false;
  due_ = now + kRenewed;
  const auto file = OpenOrMakeFile(directory, kClaimFile, O_WRONLY);
  const std::string text = fmt::format("{:020}\n", bytes);
  if (file) [[maybe_unused]]
    const ssize_t written = ::pwrite(file->get(), text.data(), text.size(), 0);
  return true;
}

std::uint64_t SpoolClaimWatch::Look(const FileDescriptor& directory, SteadyTime now) {
  const FileDescriptor file(::openat(directory.get(), kClaimFile, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  std::array<char, 32> text{};
  const bool is_there = file.valid() && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
                        ::pread(file.get(), text.data(), text.size() - 1, 0) > 0;
  const std::int64_t written_at_ns = is_there ? ChangedAtNs(file) : 0;
  if (is_there && written_at_ns_ != written_at_ns) {
    if (std::exchange(written_at_ns_, written_at_ns)) {
      std::from_chars(text.data(), text.data() + text.size(), bytes_);
      until_ = now + kCounts;
    }
  }
  return now < until_ ? bytes_ : 0;
}

}  // namespace vmtelem
