#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "spool/fs/bounded_folder.h"

namespace vmtelem {

// Lines that the database refused, for people to look at: files "<8 digits>.lp" of about 1 MiB in rejected/, the newest
// 16 of them. Each line follows a comment line "# <time> <reason>", so that a file can be mended and sent as it is. Not
// synced: after a power cut the last of them may be missing.
class DeadLetters {
 public:
  static constexpr std::size_t kMaxFiles = 16;
  static constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 20U;

  // In the folder `rejected` of `directory`. `wall_ns` is now.
  std::error_code Keep(const FileDescriptor& directory, std::string_view line, std::string_view reason,
                       std::int64_t wall_ns);

  // Lines that were removed by this process to make room for newer ones.
  [[nodiscard]] std::uint64_t displaced_lines() const { return displaced_lines_; }

 private:
  static bool IsLetterFile(std::string_view name);
  [[nodiscard]] bool GoesOn(std::size_t more_bytes) const;
  std::error_code Append(std::string_view entry);
  [[nodiscard]] std::string NextName() const;
  [[nodiscard]] std::uint64_t CountLines(const std::string& name) const;

  std::uint64_t displaced_lines_ = 0;
  BoundedFolder folder_{{kMaxFiles, kMaxFiles* kMaxFileBytes}, &IsLetterFile};
};

}  // namespace vmtelem
