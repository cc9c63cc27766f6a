#include "spool/dead_letters.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/visible_text.h"
#include "spool/fs/safe_open.h"

namespace vmtelem {
namespace {

constexpr std::size_t kDigits = 8;
constexpr std::string_view kSuffix = ".lp";

std::tm Utc(std::int64_t wall_ns) {
  const auto since_epoch = std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds(wall_ns));
  return fmt::gmtime(static_cast<std::time_t>(since_epoch.count()));
}

}  // namespace

// Goes on with the last file if there is room in it, so that a service which restarts often does not push out the old
// letters with new files.
std::error_code DeadLetters::Keep(const FileDescriptor& directory, std::string_view line, std::string_view reason,
                                  std::int64_t wall_ns) {
  const std::string entry = fmt::format("# {:%Y-%m-%dT%H:%M:%S}Z {}\n{}\n", Utc(wall_ns), VisibleText(reason), line);
  if (const auto error = folder_.Open(directory, "rejected")) return error;
  if (!GoesOn(entry.size())) {
    const std::string name = NextName();
    const auto count = [this](const std::string& removed) { displaced_lines_ += CountLines(removed); };
    if (!folder_.MakeRoom(entry.size(), count)) return std::make_error_code(std::errc::file_too_large);
    folder_.Added({name, 0});
  }
  return Append(entry);
}

// A file that has another name besides stays as it is.
bool DeadLetters::GoesOn(std::size_t more_bytes) const {
  if (folder_.files().empty()) return false;
  const auto& last = folder_.files().back();
  return last.bytes + more_bytes <= kMaxFileBytes && !HasAnotherName(folder_.descriptor(), last.name);
}

// In one call, so that nothing that another process appends can come between.
std::error_code DeadLetters::Append(std::string_view entry) {
  const std::string& name = folder_.files().back().name;
  const auto file = OpenOrMakeFile(folder_.descriptor(), name.c_str(), O_WRONLY | O_APPEND);
  if (!file) return file.error();
  const ssize_t written = ::write(file->get(), entry.data(), entry.size());
  if (written < 0) return LastError();
  folder_.Grew(static_cast<std::uint64_t>(written));
  if (static_cast<std::size_t>(written) == entry.size()) return {};
  // The next entry has to begin on a line of its own.
  return ::write(file->get(), "\n", 1) == 1 ? std::make_error_code(std::errc::no_space_on_device) : LastError();
}

std::string DeadLetters::NextName() const {
  std::uint32_t last = 0;
  if (!folder_.files().empty()) {
    const std::string& name = folder_.files().back().name;
    std::from_chars(name.data(), name.data() + kDigits, last);
  }
  return fmt::format("{:0{}}{}", last + 1, kDigits, kSuffix);
}

// Without the comment lines.
std::uint64_t DeadLetters::CountLines(const std::string& name) const {
  const FileDescriptor file(::openat(folder_.descriptor().get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  std::array<char, 64 << 10> buffer{};
  std::uint64_t lines = 0;
  bool begins = true;
  ssize_t got = 0;
  while (file.valid() && (got = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    for (const char byte : std::string_view(buffer.data(), static_cast<std::size_t>(got))) {
      if (begins && byte != '#' && byte != '\n') ++lines;
      begins = byte == '\n';
    }
  }
  return lines;
}

bool DeadLetters::IsLetterFile(std::string_view name) {
  return name.size() == kDigits + kSuffix.size() && name.substr(kDigits) == kSuffix &&
         name.find_first_not_of("0123456789") == kDigits;
}

}  // namespace vmtelem
