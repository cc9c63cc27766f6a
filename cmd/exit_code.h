#pragma once

#include <span>
#include <string_view>

#include "base/result.h"

namespace vmtelem {

// Those above 1 are the numbers of sysexits(3), which systemd and others print by name.
enum class ExitCode {
  kOk = 0,
  kPartial = 1,
  kUsage = 64,
  kUnavailable = 69,
  kInternal = 70,
  kCannotCreate = 73,
  kIo = 74,
  kTryAgain = 75,
  kRefusedData = 76,
  kDenied = 77,
  kConfig = 78,
};

ExitCode ExitCodeFor(ErrorCode code);

// Where several apply, the one that says most about what to do: the first of 64/78, 77, 76, 75, 74/73, 69, 70, 1, 0.
ExitCode MoreTelling(ExitCode a, ExitCode b);

// A row of "exit status" in the help.
struct ExitCodeText {
  std::string_view code;  // "64", "128+n"
  std::string_view meaning;
};
std::span<const ExitCodeText> ExitCodeTexts();

}  // namespace vmtelem
