#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ship/bounded_folder.h"
#include "ship/spool_name.h"

namespace vmtelem {

// Batches that cannot be read, moved to damaged/ for people to look at: the newest 64 of at most 16 MiB together.
class DamagedFiles {
 public:
  static constexpr std::size_t kMaxFiles = 64;
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{16} << 20U;

  struct Fate {
    bool gone = false;  // from `directory`
    std::string what;   // became of it, to follow its name in a sentence
  };
  // Moves a batch's file out of `directory`.
  Fate SetAside(const FileDescriptor& directory, const SpoolName& name);

 private:
  static bool IsBatch(std::string_view name) { return ParseSpoolName(name).has_value(); }

  BoundedFolder folder_{{kMaxFiles, kMaxBytes}, &IsBatch};
};

}  // namespace vmtelem
