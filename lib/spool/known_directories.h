#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/file_io.h"

namespace vmtelem {

// Tells the directories apart that are at one path one after the other, so that one is known again when it comes back:
// by device and inode. Not thread-safe.
class KnownDirectories {
 public:
  using Number = std::uint16_t;
  static constexpr Number kNone = std::numeric_limits<Number>::max();  // of no directory

  // The number of this directory, which was just opened. It takes over that of `removed`: nothing comes back from
  // there.
  Number NumberOf(const FileDescriptor& directory);
  Number NumberOf(const FileDescriptor& directory, Number removed);

 private:
  using Identity = std::pair<dev_t, ino_t>;
  static Identity IdentityOf(const FileDescriptor& directory);

  std::vector<Identity> known_;  // by number
};

}  // namespace vmtelem
