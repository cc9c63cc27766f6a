#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "spool/fs/bounded_folder.h"
#include "spool/spool_name.h"

namespace vmtelem {

constexpr const char* kDamagedFolder = "damaged";  // in the directory of a target

// Batches that cannot be read, moved to damaged/ for people to look at: the newest 64 of at most 16 MiB together. A
// file that cannot be moved stays where it is and is known here, so that it is a loss only once. Not thread-safe.
class DamagedFiles {
 public:
  static constexpr std::size_t kMaxFiles = 64;
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{16} << 20U;

  // Moves a batch's file out of `directory`, or removes it if it is too large to be kept. Returns what became of it, to
  // follow its name in a sentence.
  std::string SetAside(const FileDescriptor& directory, const SpoolName& name);
  // The same of a file that no spool has made: one that is too large to be kept is left where it is.
  std::string SetAsideStranger(const FileDescriptor& directory, const SpoolName& name);

  // It could not be moved.
  [[nodiscard]] bool IsLeft(const SpoolName& name) const { return left_.count(name) > 0; }
  void WrittenAnew(const SpoolName& name) { left_.erase(name); }

 private:
  std::string Move(const FileDescriptor& directory, const SpoolName& name, std::uint64_t bytes);
  std::string Leave(const SpoolName& name, std::string why);
  static bool IsBatch(std::string_view name) { return ParseSpoolName(name).has_value(); }

  BoundedFolder folder_{{kMaxFiles, kMaxBytes}, &IsBatch};
  std::set<SpoolName> left_;
};

}  // namespace vmtelem
