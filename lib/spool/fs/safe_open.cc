#include "spool/fs/safe_open.h"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vmtelem {
namespace {

constexpr mode_t kMode = S_IRUSR | S_IWUSR;
constexpr int kNeverALink = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;  // O_NONBLOCK: never wait for the other end of a FIFO

class NotOwnFile final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "spool"; }
  [[nodiscard]] std::string message(int) const override { return "it is no regular file, or has another name besides"; }
};

std::error_code NotOwn() {
  static const NotOwnFile category;
  return {1, category};
}

// True for another name of a file that is not the directory's owner's: a user who may put names there need not be
// allowed to change that file. Further names of the owner's own files are no harm, as those of a copy that is made of
// links.
bool IsSomebodyElses(const FileDescriptor& directory, const struct stat& file) {
  struct stat status {};
  return file.st_nlink > 1 && (::fstat(directory.get(), &status) != 0 || status.st_uid != file.st_uid);
}

}  // namespace

IoResult<FileDescriptor> OpenOrMakeFile(const FileDescriptor& directory, const char* name, int flags) {
  auto there = OpenOwnFile(directory, name, flags);
  if (there || there.error() != std::errc::no_such_file_or_directory) return there;
  FileDescriptor made(::openat(directory.get(), name, flags | O_CREAT | O_EXCL | kNeverALink, kMode));
  if (!made.valid() && errno == EEXIST) return OpenOwnFile(directory, name, flags);
  if (!made.valid()) return tl::make_unexpected(LastError());
  if (const auto error = MakePrivate(directory, made)) return tl::make_unexpected(error);
  return made;
}

IoResult<FileDescriptor> OpenOwnFile(const FileDescriptor& directory, const char* name, int flags) {
  FileDescriptor file(::openat(directory.get(), name, flags | kNeverALink));
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return tl::make_unexpected(LastError());
  if (status.st_nlink == 0) return tl::make_unexpected(std::make_error_code(std::errc::no_such_file_or_directory));
  if (!S_ISREG(status.st_mode) || IsSomebodyElses(directory, status)) return tl::make_unexpected(NotOwn());
  return file;
}

IoResult<FileDescriptor> OpenAndLock(const std::function<IoResult<FileDescriptor>(int access)>& open) {
  std::error_code error;
  for (const int access : {O_RDONLY, O_RDWR}) {
    auto file = open(access);
    if (!file || ::flock(file->get(), LOCK_EX | LOCK_NB) == 0) return file;
    error = LastError();
    if (error != std::errc::bad_file_descriptor) break;
  }
  return tl::make_unexpected(error);
}

bool HasAnotherName(const FileDescriptor& directory, const std::string& name) {
  struct stat status {};
  return ::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_nlink > 1;
}

bool IsReplaced(const FileDescriptor& file, const FileDescriptor& directory, const char* name) {
  struct stat open {
  }, named{};
  if (::fstat(file.get(), &open) != 0) return false;
  if (::fstatat(directory.get(), name, &named, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT;
  return open.st_dev != named.st_dev || open.st_ino != named.st_ino;
}

}  // namespace vmtelem
