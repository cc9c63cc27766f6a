#pragma once

#include <string>
#include <string_view>

// Text of any origin (names of VMs, errors of libvirt and of servers) on its way to a terminal or into a log.
namespace vmtelem {

// `text` as one line in which nothing hides: characters that would move a cursor, end a line, reverse the reading order
// or be invisible are written as JSON would escape them (\u009b), and invalid UTF-8 is replaced by U+FFFD. Any thread.
std::string VisibleText(std::string_view text);

// The same of each line; the line ends stay.
std::string VisibleLines(std::string_view text);

}  // namespace vmtelem
