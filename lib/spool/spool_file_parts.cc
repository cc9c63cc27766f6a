#include "spool/spool_file_parts.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"

namespace vmtelem {

Result<std::unique_ptr<SpoolFileParts>> SpoolFileParts::Open(const FileDescriptor& directory, const SpoolName& name) {
  auto file = OpenSpoolFile(directory, name);
  if (!file) return tl::make_unexpected(std::move(file.error()));
  auto parts = std::unique_ptr<SpoolFileParts>(new SpoolFileParts(std::move(*file), name));
  if (auto checked = parts->Check(); !checked) return tl::make_unexpected(std::move(checked.error()));
  return parts;
}

Result<void> SpoolFileParts::Check() {
  std::size_t lines = 0, bytes = 0;
  text_.reserve(kLimits.max_text_bytes);
  do {
    if (auto filled = Fill(); !filled) return filled;
    const Text front = CutFront();
    if (front.bytes == 0 && text_.size() >= kLimits.max_text_bytes) return Damaged("holds a line of more than 4 MiB");
    if (front.bytes == 0) break;
    lines += front.lines;
    bytes += front.bytes;
    if (bytes > kMaxSpoolFileBytes) return Damaged("holds more than 64 MiB of text");
    text_.erase(0, front.bytes);
  } while (!at_end());
  if (lines != name_.lines || lines == 0 || !text_.empty()) {
    return Damaged(fmt::format("holds {} and not the {} in its name", CountOf(lines, "line"), name_.lines));
  }
  if (!packed_.empty() || ReadMore()) return Damaged("has something behind its gzip member");
  if (::lseek(file_.get(), 0, SEEK_SET) != 0) return SystemFault();
  gzip_.Restart();
  packed_ = {};
  lines_left_ = lines;
  return {};
}

Result<std::shared_ptr<const Batch>> SpoolFileParts::Next() {
  if (auto filled = Fill(); !filled) return tl::make_unexpected(std::move(filled.error()));
  const Text front = CutFront();
  if (front.lines == 0 || front.lines > lines_left_) return Damaged("was altered while it was read");
  lines_left_ -= front.lines;
  Lines lines{text_.substr(0, front.bytes), front.lines, name_.first_wall_ns, name_.last_wall_ns};
  text_.erase(0, front.bytes);
  return std::make_shared<const Batch>(std::move(lines));
}

// Reads until there is text for a part, or no more of it.
Result<void> SpoolFileParts::Fill() {
  while (text_.size() < kLimits.max_text_bytes && !gzip_.at_end()) {
    if (packed_.empty()) {
      if (auto more = ReadMore(); !more) return more;
    }
    const std::size_t space = std::min(kBufferBytes, kLimits.max_text_bytes - text_.size());
    if (!gzip_.Unpack(packed_, text_, space)) return Damaged("is cut short or altered (the check of gzip fails)");
  }
  return {};
}

Result<void> SpoolFileParts::ReadMore() {
  buffer_.resize(kBufferBytes);
  ssize_t got = -1;
  do {
    got = ::read(file_.get(), buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) return SystemFault();
  if (got == 0) return Damaged("is cut short or altered (the check of gzip fails)");
  packed_ = std::string_view(buffer_).substr(0, static_cast<std::size_t>(got));
  return {};
}

// As many whole lines as make a part.
SpoolFileParts::Text SpoolFileParts::CutFront() const {
  Text front{0, 0};
  while (front.lines < kLimits.max_lines) {
    const std::size_t end = text_.find('\n', front.bytes);
    if (end == std::string::npos) break;
    front = {end + 1, front.lines + 1};
  }
  return front;
}

}  // namespace vmtelem
