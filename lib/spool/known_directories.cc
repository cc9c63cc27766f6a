#include "spool/known_directories.h"

#include <algorithm>

#include <sys/stat.h>

namespace vmtelem {

KnownDirectories::Number KnownDirectories::NumberOf(const FileDescriptor& directory) {
  const Identity identity = IdentityOf(directory);
  const auto found = std::find(known_.begin(), known_.end(), identity);
  if (found != known_.end()) return static_cast<Number>(found - known_.begin());
  if (known_.size() == kNone) known_.pop_back();
  known_.push_back(identity);
  return static_cast<Number>(known_.size() - 1);
}

KnownDirectories::Number KnownDirectories::NumberOf(const FileDescriptor& directory, Number removed) {
  const Identity identity = IdentityOf(directory);
  const bool is_new = std::find(known_.begin(), known_.end(), identity) == known_.end();
  if (is_new && removed < known_.size()) known_[removed] = identity;
  return NumberOf(directory);
}

KnownDirectories::Identity KnownDirectories::IdentityOf(const FileDescriptor& directory) {
  struct stat status {};
  ::fstat(directory.get(), &status);
  return {status.st_dev, status.st_ino};
}

}  // namespace vmtelem
