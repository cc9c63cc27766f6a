#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "config/settings.h"

// The commands and those of their options that are not settings. Help, parser and completions' tests follow it.
namespace vmtelem {

// A command, as help shows it.
struct CommandInfo {
  Command command;
  std::string_view name;
  std::string_view purpose;
  std::string_view usage;
  std::vector<std::string_view> examples;
};

// An option that is no setting, as help shows it and the parser takes it.
struct OptionInfo {
  std::string_view flag;
  char short_flag = '\0';
  std::string_view value_name{};  // empty: takes no value
  std::string_view allowed{};     // "WORD, WORD" or "LEAST to MOST", as in the table of settings
  std::string_view default_text{};
  Commands commands = kEveryCommand;
  bool is_common = false;  // also in the help of the program as a whole
  std::string_view help{};
};

const std::vector<CommandInfo>& CommandInfos();
std::span<const OptionInfo> OptionInfos();

const CommandInfo* FindCommand(std::string_view name);
const CommandInfo& InfoOf(Command command);
// The option of that flag for that command; nullptr if it has none.
const OptionInfo* FindOption(std::string_view flag, Commands command);

}  // namespace vmtelem
