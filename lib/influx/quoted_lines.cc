#include "influx/quoted_lines.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace vmtelem {
namespace {

constexpr std::string_view kOpening = "unable to parse '";

// A quotation is not escaped, so where it ends is known only by the lines themselves. They are looked up by the lengths
// that occur, which keeps the work small whatever the server sends.
class LineIndex {
 public:
  explicit LineIndex(const Batch& batch) {
    for (std::size_t i = 0; i < batch.line_count(); ++i) {
      lines_[batch.line(i)].push_back(i);
      lengths_.insert(batch.line(i).size());
    }
  }

  // The lines whose text, with a quotation mark behind it, begins `text`; the longest text if there are several.
  [[nodiscard]] const std::vector<std::size_t>* Find(std::string_view text) const {
    for (auto length = lengths_.rbegin(); length != lengths_.rend(); ++length) {
      if (*length >= text.size() || text[*length] != '\'') continue;
      const auto found = lines_.find(text.substr(0, *length));
      if (found != lines_.end()) return &found->second;
    }
    return nullptr;
  }

 private:
  std::unordered_map<std::string_view, std::vector<std::size_t>> lines_;
  std::set<std::size_t> lengths_;
};

}  // namespace

QuotedLines FindQuotedLines(std::string_view text, const Batch& batch) {
  QuotedLines quoted;
  std::size_t at = text.find(kOpening);
  if (at == std::string_view::npos) return quoted;
  const LineIndex index(batch);
  while (at != std::string_view::npos) {
    const std::size_t begin = at + kOpening.size();
    at = text.find(kOpening, begin);
    const auto* lines = index.Find(text.substr(begin, at == std::string_view::npos ? at : at - begin));
    if (lines == nullptr) {
      ++quoted.unknown;
    } else {
      quoted.lines.insert(quoted.lines.end(), lines->begin(), lines->end());
    }
  }
  std::sort(quoted.lines.begin(), quoted.lines.end());
  quoted.lines.erase(std::unique(quoted.lines.begin(), quoted.lines.end()), quoted.lines.end());
  return quoted;
}

}  // namespace vmtelem
