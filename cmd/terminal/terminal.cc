#include "cmd/terminal/terminal.h"

#include <array>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vmtelem {
namespace {

bool Forces(const std::optional<std::string>& value) { return value && !value->empty() && *value != "0"; }

}  // namespace

bool WantsColor(const ColorFacts& facts) {
  if (facts.choice != ColorChoice::kAuto) return facts.choice == ColorChoice::kAlways;
  if (facts.forced) return true;
  return facts.is_terminal && !facts.is_dumb;
}

bool WantsColor(int fd, ColorChoice choice, const EnvironmentLookup& environment) {
  const std::string term = environment("TERM").value_or("");
  return WantsColor({.choice = choice,
                     .forced = Forces(environment("CLICOLOR_FORCE")) || Forces(environment("FORCE_COLOR")),
                     .is_terminal = IsTerminal(fd),
                     .is_dumb = term.empty() || term == "dumb"});
}

bool IsTerminal(int fd) { return ::isatty(fd) == 1; }

bool IsJournal(int fd, const EnvironmentLookup& environment) {
  const auto stream = environment("JOURNAL_STREAM");
  struct stat status {};
  if (!stream || ::fstat(fd, &status) != 0) return false;
  return *stream == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

LogFormat FormatForStream(int fd, const EnvironmentLookup& environment) {
  if (IsJournal(fd, environment)) return LogFormat::kJournald;
  return IsTerminal(fd) ? LogFormat::kText : LogFormat::kLogfmt;
}

std::string Styled(std::string_view text, Style style, bool color) {
  constexpr std::array<std::string_view, 6> kCodes{"", "1", "2", "31", "32", "33"};
  if (!color || style == Style::kPlain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(style)], text);
}

}  // namespace vmtelem
