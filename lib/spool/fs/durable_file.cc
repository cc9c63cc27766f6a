#include "spool/fs/durable_file.h"

#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/fs/safe_open.h"

namespace vmtelem {
namespace {

constexpr std::string_view kUnfinishedPrefix = ".writing-";
constexpr mode_t kMode = S_IRUSR | S_IWUSR;

bool TryLock(const FileDescriptor& file) { return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0; }

std::error_code Fill(const FileDescriptor& directory, const FileDescriptor& file, std::string_view bytes) {
  if (const auto error = MakePrivate(directory, file)) return error;
  if (const auto error = WriteAll(file.get(), bytes)) return error;
  return ::fsync(file.get()) == 0 ? std::error_code() : LastError();
}

}  // namespace

std::error_code WriteDurably(const FileDescriptor& directory, const std::string& name, std::string_view bytes) {
  const auto file = WriteAndHold(directory, name, bytes);
  return file ? std::error_code() : file.error();
}

IoResult<FileDescriptor> WriteAndHold(const FileDescriptor& directory, const std::string& name,
                                      std::string_view bytes) {
  const std::string unfinished = UnfinishedName(name);
  const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  FileDescriptor file(::openat(directory.get(), unfinished.c_str(), flags, kMode));
  if (!file.valid()) return tl::make_unexpected(LastError());
  TryLock(file);  // a file system without locks has nobody who could find it locked either
  std::error_code error = Fill(directory, file, bytes);
  if (!error) error = RenameNew(directory, unfinished, name);
  if (error) {
    ::unlinkat(directory.get(), unfinished.c_str(), 0);
    return tl::make_unexpected(error);
  }
  error = SyncDirectory(directory);
  if (!error) return file;
  ::unlinkat(directory.get(), name.c_str(), 0);
  return tl::make_unexpected(error);
}

std::string UnfinishedName(std::string_view name) { return std::string(kUnfinishedPrefix).append(name); }

bool IsUnfinishedName(std::string_view name) { return name.substr(0, kUnfinishedPrefix.size()) == kUnfinishedPrefix; }

std::size_t RemoveUnfinished(const FileDescriptor& directory) {
  std::vector<std::string> names;
  ForEachName(directory, [&names](const char* name) {
    if (IsUnfinishedName(name)) names.emplace_back(name);
  });
  std::size_t removed = 0;
  for (const std::string& name : names) {
    const auto file = OpenAndLock([&](int access) { return OpenOwnFile(directory, name.c_str(), access); });
    if (file && ::unlinkat(directory.get(), name.c_str(), 0) == 0) ++removed;
  }
  return removed;
}

}  // namespace vmtelem
