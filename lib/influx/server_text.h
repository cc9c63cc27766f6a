#pragma once

#include <string>
#include <string_view>

namespace vmtelem {

// A server's words made fit for a log: one line of well-formed UTF-8, at most 200 bytes, and of each quotation (which
// may be a line of ours) at most 20 bytes. An HTML page is replaced by a remark.
std::string Excerpt(std::string_view text);

bool IsHtml(std::string_view body);

}  // namespace vmtelem
