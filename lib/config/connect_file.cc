#include "config/connect_file.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/byte_order_mark.h"
#include "base/file_io.h"
#include "config/parsers.h"

namespace vmtelem {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;
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

// The file is read again while the program runs, and opening a FIFO that nobody writes to would wait. Reading a pipe
// may: a shell fills it meanwhile.
FileDescriptor OpenToRead(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.valid()) ::fcntl(file.get(), F_SETFL, 0);
  return file;
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
  const FileDescriptor file = OpenToRead(path);
  const auto text =
      file.valid() ? ReadAll(file, kMaxBytes + 1) : IoResult<std::string>(tl::make_unexpected(LastError()));
  if (!text) return Refused(fmt::format("cannot read {}: {}", path, text.error().message()));
  if (text->size() > kMaxBytes) return Refused(path + " is larger than 1 MiB");
  return ParseConnectFile(*text, path);
}

}  // namespace vmtelem
