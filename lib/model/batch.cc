#include "model/batch.h"

#include <algorithm>
#include <utility>

namespace vmtelem {

void Lines::NoteLine(std::int64_t wall_ns) {
  first_wall_ns = count == 0 ? wall_ns : std::min(first_wall_ns, wall_ns);
  last_wall_ns = count == 0 ? wall_ns : std::max(last_wall_ns, wall_ns);
  ++count;
}

void Lines::Append(Lines more) {
  if (more.empty()) return;
  if (empty()) {
    *this = std::move(more);
    return;
  }
  first_wall_ns = std::min(first_wall_ns, more.first_wall_ns);
  last_wall_ns = std::max(last_wall_ns, more.last_wall_ns);
  bytes += more.bytes;
  count += more.count;
}

Lines Lines::CutFront(std::size_t size) {
  Lines front{bytes.substr(0, size), 0, first_wall_ns, last_wall_ns};
  front.count = static_cast<std::size_t>(std::count(front.bytes.begin(), front.bytes.end(), '\n'));
  bytes.erase(0, size);
  count -= front.count;
  return front;
}

void Lines::Clear() {
  bytes.clear();
  count = 0;
  first_wall_ns = last_wall_ns = 0;
}

Batch::Batch(Lines lines) : sealed_(Seal(std::move(lines))) {}

Batch::Batch(Lines lines, std::shared_ptr<const std::string> gzip)
    : sealed_(Seal(std::move(lines))), gzip_(std::move(gzip)) {}

std::shared_ptr<const Batch::Sealed> Batch::Seal(Lines lines) {
  auto sealed = std::make_shared<Sealed>(Sealed{std::move(lines), {}});
  const std::string& bytes = sealed->lines.bytes;
  sealed->starts.reserve(sealed->lines.count);
  for (std::size_t start = 0; start < bytes.size();) {
    sealed->starts.push_back(static_cast<std::uint32_t>(start));
    const std::size_t end = bytes.find('\n', start);
    start = end == std::string::npos ? bytes.size() : end + 1;
  }
  sealed->lines.count = sealed->starts.size();
  return sealed;
}

Batch Batch::WithGzip(std::shared_ptr<const std::string> gzip) const {
  Batch batch = *this;
  batch.gzip_ = std::move(gzip);
  return batch;
}

std::string_view Batch::line(std::size_t index) const {
  const std::vector<std::uint32_t>& starts = sealed_->starts;
  const std::size_t end = index + 1 < starts.size() ? starts[index + 1] : bytes().size();
  std::string_view text = std::string_view(bytes()).substr(starts[index], end - starts[index]);
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return text;
}

Batch Batch::Slice(std::size_t first, std::size_t count) const {
  const std::vector<std::uint32_t>& starts = sealed_->starts;
  const std::size_t begin = starts[first];
  const std::size_t end = first + count < starts.size() ? starts[first + count] : bytes().size();
  return Batch(Lines{bytes().substr(begin, end - begin), count, first_wall_ns(), last_wall_ns()});
}

Batch Batch::Without(const std::vector<std::size_t>& indices) const {
  Lines kept{{}, 0, first_wall_ns(), last_wall_ns()};
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
