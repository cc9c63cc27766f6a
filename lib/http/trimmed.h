#pragma once

#include <algorithm>
#include <string_view>

namespace vmtelem {

// `text` without the blanks and tabs around it, which are no part of a header's value or of an item in it (RFC 9110,
// 5.6.3).
inline std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

}  // namespace vmtelem
