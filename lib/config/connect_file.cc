#include "config/connect_file.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/byte_order_mark.h"
#include "config/parsers.h"
#include "config/text_file.h"

namespace vmtelem {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view Trim(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// A '#' within a URI sets off its fragment, so that a comment needs white space before it.
std::string_view WithoutComment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && (i == 0 || kBlanks.find(line[i - 1]) != std::string_view::npos)) return line.substr(0, i);
  }
  return line;
}

std::string_view WithoutCarriageReturn(std::string_view line) {
  return line.substr(0, line.size() - (line.empty() || line.back() != '\r' ? 0 : 1));
}

ConnectFile Refused(std::string fault) { return {.entries = {}, .faults = {std::move(fault)}}; }

}  // namespace

ConnectFile ParseConnectFile(std::string_view text, std::string_view path) {
  if (HasUtf16Mark(text)) return Refused(fmt::format("{} is UTF-16; save it as UTF-8", path));
  ConnectFile file;
  text = WithoutUtf8Mark(text);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(WithoutComment(WithoutCarriageReturn(text.substr(0, end))));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    ConnectFile::Entry entry{{}, number};
    if (const Problem problem = ParseHypervisor(line, entry.hypervisor)) {
      file.faults.push_back(fmt::format("{}:{}: the line {}", path, number, *problem));
    } else {
      file.entries.push_back(std::move(entry));
    }
  }
  if (file.entries.empty() && file.faults.empty()) return Refused(fmt::format("{} names no hypervisor", path));
  return file;
}

ConnectFile ReadConnectFile(const std::string& path) {
  const auto text = ReadTextFile(path);
  return text ? ParseConnectFile(*text, path) : Refused(text.error().message);
}

}  // namespace vmtelem
