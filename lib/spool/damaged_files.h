#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "spool/fs/bounded_folder.h"
#include "spool/spool_name.h"

namespace vmtelem {

constexpr const char* kDamagedFolder = "damaged";  // in the directory of a target

// Batches that cannot be read, moved to damaged/ for people to look at: the newest 64 of at most 16 MiB together.
class DamagedFiles {
 public:
  static constexpr std::size_t kMaxFiles = 64;
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{16} << 20U;

  struct Removal {
    bool gone = false;  // from `directory`
    std::string what;   // became of it, to follow its name in a sentence
  };
  // Moves a batch's file out of `directory`, or removes it if it is too large to be kept.
  Removal SetAside(const FileDescriptor& directory, const SpoolName& name);
  // Moves a file that no spool has made out of `directory`, or leaves it there if it is too large to be kept.
  Removal SetAsideStranger(const FileDescriptor& directory, const SpoolName& name);

 private:
  Removal Move(const FileDescriptor& directory, const std::string& name, std::uint64_t bytes);
  static bool IsBatch(std::string_view name) { return ParseSpoolName(name).has_value(); }

  BoundedFolder folder_{{kMaxFiles, kMaxBytes}, &IsBatch};
};

}  // namespace vmtelem
