#include "spool/damaged_files.h"

#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

namespace vmtelem {

DamagedFiles::Removal DamagedFiles::SetAside(const FileDescriptor& directory, const SpoolName& name) {
  const std::string text = FormatSpoolName(name);
  const std::uint64_t bytes = FileBytesOnDisk(directory, text.c_str());
  const std::error_code error = folder_.Open(directory, kDamagedFolder);
  if (error) return {false, "cannot be moved to damaged/: " + error.message()};
  if (folder_.MakeRoom(bytes)) return Move(directory, text, bytes);
  if (::unlinkat(directory.get(), text.c_str(), 0) != 0) return {false, "cannot be removed: " + LastError().message()};
  return {true, "was removed, since it is too large to be kept"};
}

DamagedFiles::Removal DamagedFiles::SetAsideStranger(const FileDescriptor& directory, const SpoolName& name) {
  const std::string text = FormatSpoolName(name);
  const std::uint64_t bytes = FileBytesOnDisk(directory, text.c_str());
  const std::error_code error = folder_.Open(directory, kDamagedFolder);
  if (error) return {false, "cannot be moved to damaged/: " + error.message()};
  if (!folder_.MakeRoom(bytes)) return {false, "is left there"};
  return Move(directory, text, bytes);
}

DamagedFiles::Removal DamagedFiles::Move(const FileDescriptor& directory, const std::string& name,
                                         std::uint64_t bytes) {
  if (::renameat(directory.get(), name.c_str(), folder_.descriptor().get(), name.c_str()) != 0) {
    return {false, "cannot be moved to damaged/: " + LastError().message()};
  }
  folder_.Added({name, bytes});
  return {true, "was moved to damaged/"};
}

}  // namespace vmtelem
