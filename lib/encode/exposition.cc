#include "encode/exposition.h"

#include <cstddef>

#include "base/utf8.h"

namespace vmtelem {
namespace {

std::string ShortestText(double value) {
  std::array<char, 32> number{};
  return {number.data(), std::to_chars(number.data(), number.data() + number.size(), value).ptr};
}

}  // namespace

void AppendLabel(std::string& labels, std::string_view key, std::string_view value) {
  labels.append(labels.empty() ? "" : ",").append(key).append("=\"");
  for (const char c : RepairUtf8(value)) {
    if (c == '\\' || c == '"') labels.push_back('\\');
    labels.append(c == '\n' ? "\\n" : std::string_view(&c, 1));
  }
  labels.push_back('"');
}

void Exposition::Histogram(std::string_view labels, const DurationHistogram& histogram) {
  const auto write_bucket = [&](std::string_view bound, std::uint64_t count) {
    std::string with_bound(labels);
    AppendLabel(with_bound, "le", bound);
    Write("_bucket", with_bound, count);
  };
  for (std::size_t bound = 0; bound < DurationHistogram::kBounds.size(); ++bound) {
    write_bucket(ShortestText(Seconds(DurationHistogram::kBounds[bound])), histogram.AtMost(bound));
  }
  write_bucket("+Inf", histogram.count());
  Write("_sum", labels, Seconds(histogram.sum()));
  Write("_count", labels, histogram.count());
}

void Exposition::Announce() {
  text_.append("# HELP ").append(family_.name).append(" ").append(family_.help).append("\n");
  text_.append("# TYPE ").append(family_.name).append(" ").append(family_.type).append("\n");
}

}  // namespace vmtelem
