#pragma once

#include <string>

#include "config/settings.h"

// Help texts, made from the tables of commands, options and settings. At most 80 columns, plain ASCII.
namespace vmtelem {

std::string ProgramHelp();
std::string CommandHelp(Command command);
// For a call without any command: what this is, and where to read on.
std::string ShortHelp();

}  // namespace vmtelem
