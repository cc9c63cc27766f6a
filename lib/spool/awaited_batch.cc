#include "spool/awaited_batch.h"

#include <array>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/damaged_files.h"
#include "spool/fs/durable_file.h"

namespace vmtelem {

// A file that cannot be looked at is not gone.
std::optional<BatchOutcome> AwaitedBatch::Look(const FileDescriptor& directory) const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0 || IsAt(directory, FormatSpoolName(name_))) return std::nullopt;
  if (auto note = Note()) return note;
  if (status.st_nlink == 0) return Dropped("its file is gone, and nobody has said why");
  if (IsDamaged(directory)) return Dropped("its file was damaged, and is in damaged/ now");
  return std::nullopt;
}

void AwaitedBatch::Restore(const FileDescriptor& directory) const {
  const std::string name = FormatSpoolName(name_), aside = UnfinishedName(name);
  if (IsAt(directory, aside) && !Note()) RenameNew(directory, aside, name);
}

bool AwaitedBatch::IsAt(const FileDescriptor& directory, const std::string& name) const {
  struct stat open {
  }, named{};
  return ::fstat(file_.get(), &open) == 0 &&
         ::fstatat(directory.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

bool AwaitedBatch::IsDamaged(const FileDescriptor& directory) const {
  return IsAt(directory, std::string(kDamagedFolder) + "/" + FormatSpoolName(name_));
}

std::optional<BatchOutcome> AwaitedBatch::Note() const {
  std::array<char, 512> text{};
  const ssize_t size = ::pread(file_.get(), text.data(), text.size(), 0);
  if (size <= 0) return std::nullopt;
  auto outcome = ParseBatchOutcome({text.data(), static_cast<std::size_t>(size)});
  if (!outcome) return std::nullopt;
  const bool adds_up = outcome->written + outcome->rejected + outcome->dropped + outcome->waiting == name_.lines;
  return adds_up ? std::move(outcome) : std::nullopt;
}

BatchOutcome AwaitedBatch::Dropped(std::string reason) const {
  return {.dropped = name_.lines, .reason = std::move(reason)};
}

}  // namespace vmtelem
