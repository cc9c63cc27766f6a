#include "spool/fs/directory.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace vmtelem {
namespace {

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

tl::unexpected<std::error_code> Failed() { return tl::make_unexpected(LastError()); }

IoResult<FileDescriptor> OpenPath(const std::string& path) {
  const int fd = ::open(path.c_str(), kOpenDirectory);
  if (fd < 0) return Failed();
  return FileDescriptor(fd);
}

std::string WithoutSlashAtEnd(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// The directory above `path`; "." and "/" are above themselves.
std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Opens the directory that was made just now, and no link that was put in its place. The umask may have taken away even
// the permission for that, though not from root.
IoResult<FileDescriptor> OpenMade(const FileDescriptor& parent, const std::string& name) {
  const auto open = [&] { return ::openat(parent.get(), name.c_str(), kOpenDirectory | O_NOFOLLOW); };
  int fd = open();
  if (fd < 0 && errno == EACCES && ::fchmodat(parent.get(), name.c_str(), S_IRWXU, AT_SYMLINK_NOFOLLOW) == 0)
    fd = open();
  if (fd < 0) return Failed();
  FileDescriptor directory(fd);
  if (::fchmod(fd, S_IRWXU) != 0) return Failed();
  return directory;
}

}  // namespace

IoResult<FileDescriptor> OpenOrMakeDirectory(const std::string& path) {
  auto opened = OpenPath(path);
  const std::string plain = WithoutSlashAtEnd(path);
  const std::string parent_path = ParentOf(plain);
  if (opened || opened.error() != std::errc::no_such_file_or_directory || parent_path == plain) return opened;
  const auto parent = OpenOrMakeDirectory(parent_path);
  if (!parent) return tl::make_unexpected(parent.error());
  const std::string name = plain.substr(plain.rfind('/') + 1);
  if (::mkdirat(parent->get(), name.c_str(), S_IRWXU) != 0) return errno == EEXIST ? OpenPath(path) : Failed();
  auto made = OpenMade(*parent, name);
  if (!made) return made;
  if (const auto error = SyncDirectory(*parent)) return tl::make_unexpected(error);
  return made;
}

IoResult<FileDescriptor> OpenOrMakeDirectory(const FileDescriptor& parent, const std::string& name) {
  if (::mkdirat(parent.get(), name.c_str(), S_IRWXU) != 0) {
    if (errno != EEXIST) return Failed();
    const int fd = ::openat(parent.get(), name.c_str(), kOpenDirectory | O_NOFOLLOW);
    if (fd < 0) return Failed();
    return FileDescriptor(fd);
  }
  auto made = OpenMade(parent, name);
  if (!made) return made;
  if (const auto error = GiveToOwnerOf(parent, *made)) return tl::make_unexpected(error);
  if (const auto error = SyncDirectory(parent)) return tl::make_unexpected(error);
  return made;
}

std::error_code GiveToOwnerOf(const FileDescriptor& directory, const FileDescriptor& file) {
  struct stat status {};
  if (::geteuid() != 0) return {};
  if (::fstat(directory.get(), &status) != 0) return LastError();
  if (status.st_uid == 0) return {};
  return ::fchown(file.get(), status.st_uid, status.st_gid) == 0 ? std::error_code() : LastError();
}

std::error_code MakePrivate(const FileDescriptor& directory, const FileDescriptor& made) {
  if (::fchmod(made.get(), S_IRUSR | S_IWUSR) != 0) return LastError();
  return GiveToOwnerOf(directory, made);
}

std::error_code ForEachName(const FileDescriptor& directory, const std::function<void(const char* name)>& visit) {
  const int fd = ::openat(directory.get(), ".", kOpenDirectory);
  if (fd < 0) return LastError();
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd), &::closedir);
  if (!stream) {
    const std::error_code error = LastError();
    ::close(fd);
    return error;
  }
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) return errno == 0 ? std::error_code() : LastError();
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") visit(entry->d_name);
  }
}

std::error_code RenameNew(const FileDescriptor& directory, const std::string& from, const std::string& to) {
  const int fd = directory.get();
  if (::renameat2(fd, from.c_str(), fd, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return LastError();
  // A file system that cannot refuse to replace (NFS) can be asked first. Names differ between processes anyhow.
  if (::faccessat(fd, to.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return std::make_error_code(std::errc::file_exists);
  return ::renameat(fd, from.c_str(), fd, to.c_str()) == 0 ? std::error_code() : LastError();
}

std::error_code SyncDirectory(const FileDescriptor& directory) {
  if (::fsync(directory.get()) == 0 || errno == EINVAL) return {};  // EINVAL: fsync(2), not for such a file
  return LastError();
}

std::int64_t ChangedAtNs(const FileDescriptor& directory) {
  struct stat status {};
  if (::fstat(directory.get(), &status) != 0) return 0;
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

bool IsAt(const FileDescriptor& directory, const std::string& path) {
  struct stat open {
  }, named{};
  return ::fstat(directory.get(), &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

bool IsGoneFrom(const FileDescriptor& directory, const std::string& path) {
  struct stat status {};
  if (!directory.valid() || IsAt(directory, path)) return false;
  return ::stat(path.c_str(), &status) == 0 || errno == ENOENT || errno == ENOTDIR;
}

bool IsRemoved(const FileDescriptor& directory) {
  struct stat status {};
  return ::fstat(directory.get(), &status) == 0 && status.st_nlink == 0;
}

}  // namespace vmtelem
