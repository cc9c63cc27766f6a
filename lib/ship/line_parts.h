#pragma once

#include <string_view>

namespace vmtelem {

// Parts of a line of the line protocol, as views into it.
// Measurement and tags, which say whose it is: all before the first space that is not escaped.
std::string_view SeriesKey(std::string_view line);
// All before the first comma or space that is not escaped.
std::string_view Measurement(std::string_view line);

}  // namespace vmtelem
