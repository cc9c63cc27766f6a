#include "spool/damaged_files.h"

#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace vmtelem {
namespace {

std::string CannotBeMoved(std::error_code error) { return "cannot be moved to damaged/: " + error.message(); }

std::uint64_t BytesOf(const FileDescriptor& directory, const SpoolName& name) {
  return FileBytesOnDisk(directory, FormatSpoolName(name).c_str());
}

}  // namespace

std::string DamagedFiles::SetAside(const FileDescriptor& directory, const SpoolName& name) {
  const std::uint64_t bytes = BytesOf(directory, name);
  if (const auto error = folder_.Open(directory, kDamagedFolder)) return Leave(name, CannotBeMoved(error));
  if (folder_.MakeRoom(bytes)) return Move(directory, name, bytes);
  if (::unlinkat(directory.get(), FormatSpoolName(name).c_str(), 0) == 0) {
    return "was removed, since it is too large to be kept";
  }
  return Leave(name, "cannot be removed: " + LastError().message());
}

std::string DamagedFiles::SetAsideStranger(const FileDescriptor& directory, const SpoolName& name) {
  const std::uint64_t bytes = BytesOf(directory, name);
  if (const auto error = folder_.Open(directory, kDamagedFolder)) return Leave(name, CannotBeMoved(error));
  return folder_.MakeRoom(bytes) ? Move(directory, name, bytes) : Leave(name, "is left there");
}

std::string DamagedFiles::Move(const FileDescriptor& directory, const SpoolName& name, std::uint64_t bytes) {
  const std::string text = FormatSpoolName(name);
  if (::renameat(directory.get(), text.c_str(), folder_.descriptor().get(), text.c_str()) != 0) {
    return Leave(name, CannotBeMoved(LastError()));
  }
  folder_.Added({text, bytes});
  return "was moved to damaged/";
}

std::string DamagedFiles::Leave(const SpoolName& name, std::string why) {
  left_.insert(name);
  return why;
}

}  // namespace vmtelem
