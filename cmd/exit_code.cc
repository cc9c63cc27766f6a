#include "cmd/exit_code.h"

#include <algorithm>
#include <array>

namespace vmtelem {
namespace {

constexpr std::array kByWeight{ExitCode::kUsage,        ExitCode::kConfig,      ExitCode::kDenied,
                               ExitCode::kRefusedData,  ExitCode::kTryAgain,    ExitCode::kIo,
                               ExitCode::kCannotCreate, ExitCode::kUnavailable, ExitCode::kInternal,
                               ExitCode::kPartial,      ExitCode::kOk};

constexpr ExitCodeText kTexts[] = {
    {"0", "done; an empty list; the reader of stdout has gone"},
    {"1", "a part was not read or not accepted, or lines were dropped or are gone"},
    {"64", "wrong usage of the command line"},
    {"69", "hypervisor or database unreachable, or timed out; nothing spooled"},
    {"70", "internal error"},
    {"73", "a file or socket cannot be created"},
    {"74", "writing failed, stdout on a full disk too"},
    {"75", "try again: the data waits in the spool, or another run has the spool"},
    {"76", "the database refuses the data"},
    {"77", "hypervisor or database refuses access"},
    {"78", "configuration missing or invalid"},
    {"128+n", "left at once on a second signal n, over 1 s after the first"},
};

}  // namespace

ExitCode ExitCodeFor(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
    case ErrorCode::kNotFound:
      return ExitCode::kConfig;
    case ErrorCode::kUnreachable:
    case ErrorCode::kTimeout:
    case ErrorCode::kOverloaded:
    case ErrorCode::kUnsupported:
      return ExitCode::kUnavailable;
    case ErrorCode::kDenied:
      return ExitCode::kDenied;
    case ErrorCode::kInUse:
      return ExitCode::kTryAgain;
    case ErrorCode::kRefusedData:
      return ExitCode::kRefusedData;
    case ErrorCode::kCannotCreate:
      return ExitCode::kCannotCreate;
    case ErrorCode::kIo:
      return ExitCode::kIo;
    case ErrorCode::kClosed:
      return ExitCode::kOk;
    case ErrorCode::kInternal:
      break;
  }
  return ExitCode::kInternal;
}

ExitCode MoreTelling(ExitCode a, ExitCode b) {
  const auto* const first = std::find_if(kByWeight.begin(), kByWeight.end(),
                                         [&](ExitCode candidate) { return candidate == a || candidate == b; });
  return first == kByWeight.end() ? ExitCode::kInternal : *first;
}

std::span<const ExitCodeText> ExitCodeTexts() { return kTexts; }

}  // namespace vmtelem
