#include "ship/damaged_files.h"

#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include "ship/spool_listing.h"

namespace vmtelem {

DamagedFiles::Fate DamagedFiles::SetAside(const FileDescriptor& directory, const SpoolName& name) {
  const std::string text = FormatSpoolName(name);
  const auto bytes = BatchFileSize(directory, text.c_str());
  const std::error_code error = folder_.Open(directory, "damaged");
  if (!error && bytes && !folder_.MakeRoom(*bytes)) {
    if (::unlinkat(directory.get(), text.c_str(), 0) != 0)
      return {false, "cannot be removed: " + LastError().message()};
    return {true, "was removed, since it is too large to be kept"};
  }
  if (error) return {false, "cannot be moved to damaged/: " + error.message()};
  if (::renameat(directory.get(), text.c_str(), folder_.descriptor().get(), text.c_str()) != 0) {
    return {false, "cannot be moved to damaged/: " + LastError().message()};
  }
  folder_.Added({text, bytes.value_or(0)});
  return {true, "was moved to damaged/"};
}

}  // namespace vmtelem
