#include "cmd/terminal/messages.h"

#include <string>

#include <fmt/format.h>

#include "base/visible_text.h"
#include "cmd/terminal/output.h"
#include "cmd/terminal/terminal.h"

namespace vmtelem {
namespace {

// There is nowhere to report to that standard error cannot be written.
void Say(int fd, const std::string& text) { static_cast<void>(WriteOutput(fd, text)); }

}  // namespace

void Messages::Error(std::string_view text) const {
  Say(fd_, fmt::format("vmtelem: {} {}\n", Styled("error:", Style::kRed, color_), VisibleText(text)));
}

void Messages::Error(const vmtelem::Error& error) const {
  Error(std::string_view(error.message));
  if (!error.hint.empty()) Hint(error.hint);
}

void Messages::Warning(std::string_view text) const {
  Say(fd_, fmt::format("vmtelem: {} {}\n", Styled("warning:", Style::kYellow, color_), VisibleText(text)));
}

void Messages::Hint(std::string_view text) const {
  Say(fd_, fmt::format("{} {}\n", Styled("hint:", Style::kBold, color_), VisibleText(text)));
}

void Messages::Plain(std::string_view text) const { Say(fd_, std::string(text)); }

}  // namespace vmtelem
