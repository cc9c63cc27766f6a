#pragma once

#include <string>
#include <string_view>

namespace vmtelem {

// A server's words made fit for a log: one line of well-formed UTF-8, at most 200 bytes, and of each quotation (which
// may be a line of ours) at most 20 bytes. An HTML page is replaced by a remark.
std::string Excerpt(std::string_view text);

// JSON in which printable ASCII is never written as an escape, but for the quotation mark and the backslash, which
// need one. Other text is changed only where it looks the same.
std::string WithoutNeedlessEscapes(std::string_view json);

bool IsHtml(std::string_view body);

}  // namespace vmtelem
