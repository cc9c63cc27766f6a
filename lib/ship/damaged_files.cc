#include "ship/damaged_files.h"

#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include "ship/spool_listing.h"

namespace vmtelem {

std::string DamagedFiles::SetAside(const FileDescriptor& directory, const SpoolName& name) {
  const std::string text = FormatSpoolName(name);
  const auto bytes = BatchFileSize(directory, text.c_str());
  const std::error_code error = folder_.Open(directory, "damaged");
  if (!error && bytes && !folder_.MakeRoom(*bytes)) {
    return ::unlinkat(directory.get(), text.c_str(), 0) == 0 ? "was removed, since it is too large to be kept"
                                                             : "cannot be removed: " + LastError().message();
  }
  if (error) return "cannot be moved to damaged/: " + error.message();
  if (::renameat(directory.get(), text.c_str(), folder_.descriptor().get(), text.c_str()) != 0) {
    return "cannot be moved to damaged/: " + LastError().message();
  }
  folder_.Added({text, bytes.value_or(0)});
  return "was moved to damaged/";
}

}  // namespace vmtelem
