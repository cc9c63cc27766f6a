#include "model/batch.h"

#include <algorithm>
#include <utility>

namespace vmtelem {

void Lines::NoteLine(std::int64_t wall_ns) {
  first_wall_ns = count == 0 ? wall_ns : std::min(first_wall_ns, wall_ns);
  last_wall_ns = count == 0 ? wall_ns : std::max(last_wall_ns, wall_ns);
  ++count;
}

void Lines::Append(const Lines& more) {
  if (more.empty()) return;
  first_wall_ns = count == 0 ? more.first_wall_ns : std::min(first_wall_ns, more.first_wall_ns);
  last_wall_ns = count == 0 ? more.last_wall_ns : std::max(last_wall_ns, more.last_wall_ns);
  bytes += more.bytes;
  count += more.count;
}

void Lines::Clear() {
  bytes.clear();
  count = 0;
  first_wall_ns = last_wall_ns = 0;
}

Batch::Batch(Lines lines) : lines_(std::move(lines)) {
  starts_.reserve(lines_.count);
  for (std::size_t start = 0; start < lines_.bytes.size();) {
    starts_.push_back(static_cast<std::uint32_t>(start));
    const std::size_t end = lines_.bytes.find('\n', start);
    start = end == std::string::npos ? lines_.bytes.size() : end + 1;
  }
  lines_.count = starts_.size();
}

Batch::Batch(Lines lines, std::shared_ptr<const std::string> gzip) : Batch(std::move(lines)) {
  gzip_ = std::move(gzip);
}

std::string_view Batch::line(std::size_t index) const {
  const std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] : lines_.bytes.size();
  std::string_view text = std::string_view(lines_.bytes).substr(starts_[index], end - starts_[index]);
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return text;
}

Batch Batch::Slice(std::size_t first, std::size_t count) const {
  const std::size_t begin = starts_[first];
  const std::size_t end = first + count < starts_.size() ? starts_[first + count] : lines_.bytes.size();
  return Batch(Lines{lines_.bytes.substr(begin, end - begin), count, lines_.first_wall_ns, lines_.last_wall_ns});
}

Batch Batch::Without(const std::vector<std::size_t>& indices) const {
  Lines kept{{}, 0, lines_.first_wall_ns, lines_.last_wall_ns};
  auto skip = indices.begin();
  for (std::size_t i = 0; i < line_count(); ++i) {
    if (skip != indices.end() && *skip == i) {
      ++skip;
      continue;
    }
    kept.bytes.append(line(i)).push_back('\n');
  }
  return Batch(std::move(kept));
}

}  // namespace vmtelem
