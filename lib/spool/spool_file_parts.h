#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/gzip.h"
#include "spool/join_plan.h"
#include "spool/spool_file.h"

namespace vmtelem {

// Reads the lines of a batch's file in parts, each no larger than a batch that is sealed: of a file with much more
// text, which somebody else has made, no more than two parts are in memory. Keeps the file open. Not thread-safe;
// blocks as long as the disk does.
class SpoolFileParts {
 public:
  // Reads all of it once and checks it as ReadSpoolFile() does, so that no part of a damaged file is handed out; a line
  // that is longer than a part is damage.
  static Result<std::unique_ptr<SpoolFileParts>> Open(const FileDescriptor& directory, const SpoolName& name);

  // The next lines, with the stamps of the whole. After a fault that may pass it can be called again.
  Result<std::shared_ptr<const Batch>> Next();
  [[nodiscard]] std::size_t lines_left() const { return lines_left_; }

 private:
  struct Text {
    std::size_t bytes, lines;
  };

  SpoolFileParts(FileDescriptor file, const SpoolName& name) : file_(std::move(file)), name_(name) {}
  Result<void> Check();
  Result<void> Fill();
  Result<void> ReadMore();
  [[nodiscard]] Text CutFront() const;
  [[nodiscard]] bool at_end() const { return gzip_.at_end() && text_.empty(); }

  static constexpr JoinLimits kLimits{};
  static constexpr std::size_t kBufferBytes = std::size_t{64} << 10U;

  const FileDescriptor file_;
  const SpoolName name_;
  GzipReader gzip_;
  std::string buffer_;       // a piece of the file
  std::string_view packed_;  // the rest of it, not unpacked yet
  std::string text_;         // unpacked, and no part yet
  std::size_t lines_left_ = 0;
};

}  // namespace vmtelem
