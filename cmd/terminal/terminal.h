#pragma once

#include <string>
#include <string_view>

#include "base/log.h"
#include "config/config.h"
#include "config/load.h"

namespace vmtelem {

// What decides about colour on one stream.
struct ColorFacts {
  ColorChoice choice = ColorChoice::kAuto;  // --color, NO_COLOR
  bool forced = false;                      // CLICOLOR_FORCE or FORCE_COLOR
  bool is_terminal = false;
  bool is_dumb = false;  // TERM=dumb, or not set
};

// --color beats NO_COLOR beats CLICOLOR_FORCE and FORCE_COLOR beats what the stream is.
bool WantsColor(const ColorFacts& facts);
bool WantsColor(int fd, ColorChoice choice, const EnvironmentLookup& environment);

bool IsTerminal(int fd);

// systemd connected this descriptor to the journal: $JOURNAL_STREAM names its device and inode (systemd.exec(5)).
bool IsJournal(int fd, const EnvironmentLookup& environment);

LogFormat FormatForStream(int fd, const EnvironmentLookup& environment);

// How text is set off where colour is on.
enum class Style { kPlain, kBold, kDim, kRed, kGreen, kYellow };
std::string Styled(std::string_view text, Style style, bool color);

}  // namespace vmtelem
