#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"
#include "config/settings.h"

namespace vmtelem {

// The command line as it was typed, sorted but not judged: values are checked where all faults are collected.
struct Arguments {
  std::optional<Command> command;
  std::vector<FlagValue> settings;                                       // in order, for each flag
  std::map<std::string, std::vector<std::string>, std::less<>> options;  // by flag; those that take none hold ""
  bool wants_help = false;
  bool wants_version = false;
  std::vector<Fault> faults;  // what cannot be understood at all
  std::string hint;

  [[nodiscard]] bool Has(std::string_view flag) const { return options.find(flag) != options.end(); }
  [[nodiscard]] std::size_t Count(std::string_view flag) const;
  // The value that was given last.
  [[nodiscard]] std::optional<std::string> Last(std::string_view flag) const;
};

Arguments ParseArguments(const std::vector<std::string>& words);

}  // namespace vmtelem
