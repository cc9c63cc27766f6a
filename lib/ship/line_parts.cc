#include "ship/line_parts.h"

#include <cstddef>

namespace vmtelem {
namespace {

std::string_view Before(std::string_view line, std::string_view ends) {
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (ends.find(line[at]) != std::string_view::npos) return line.substr(0, at);
    if (line[at] == '\\') ++at;
  }
  return line;
}

}  // namespace

std::string_view SeriesKey(std::string_view line) { return Before(line, " "); }

std::string_view Measurement(std::string_view line) { return Before(line, ", "); }

}  // namespace vmtelem
