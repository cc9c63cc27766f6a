#include "cmd/arguments.h"

#include <algorithm>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cmd/command_table.h"
#include "config/suggest.h"

namespace vmtelem {
namespace {

std::string WithoutValue(std::string_view word) { return std::string(word.substr(0, word.find('='))); }

bool IsFlag(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

// A flag of either table.
struct Flag {
  std::string_view name;
  char short_flag;
  bool takes_value;
};

std::vector<Flag> AllFlags() {
  std::vector<Flag> flags;
  for (const Setting& row : Settings()) {
    if (!row.flag.empty()) flags.push_back({row.flag, row.short_flag, !row.value_name.empty()});
  }
  std::set<std::string_view> seen;
  for (const OptionInfo& row : OptionInfos()) {
    if (seen.insert(row.flag).second) flags.push_back({row.flag, row.short_flag, !row.value_name.empty()});
  }
  return flags;
}

const Flag* FindFlag(const std::vector<Flag>& flags, std::string_view word) {
  const auto found = std::find_if(flags.begin(), flags.end(), [&](const Flag& flag) {
    const bool is_short = word.size() == 2 && word[0] == '-' && flag.short_flag != '\0' && word[1] == flag.short_flag;
    return flag.name == word || is_short;
  });
  return found == flags.end() ? nullptr : &*found;
}

// Help and version must work beside anything else on the line, so they are looked for before the line is parsed.
// Returns the index of the "--" that ends the flags, or the number of words.
std::size_t ScanForHelp(const std::vector<std::string>& words, const std::vector<Flag>& flags, Arguments& arguments) {
  std::size_t i = 0;
  for (; i < words.size() && words[i] != "--"; ++i) {
    arguments.wants_help = arguments.wants_help || words[i] == "-h" || words[i] == "--help";
    arguments.wants_version = arguments.wants_version || words[i] == "-V" || words[i] == "--version";
    const CommandInfo* command = FindCommand(words[i]);
    if (command != nullptr && !arguments.command) arguments.command = command->command;
    const Flag* flag = FindFlag(flags, words[i]);
    if (flag != nullptr && flag->takes_value) ++i;
  }
  return std::min(i, words.size());
}

// CLI11 takes the word after "--flag=" for its value.
std::optional<Fault> FindEmptyValue(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word.size() > 3 && word.substr(0, 2) == "--" && word.find('=') == word.size() - 1) {
      return Fault{.text = fmt::format("'{}' needs a value", WithoutValue(word)), .from_argument = true};
    }
  }
  return std::nullopt;
}

// The parser: CLI11 splits the words, everything else is decided from what it found.
class CommandLine {
 public:
  explicit CommandLine(const std::vector<Flag>& flags) {
    app_.set_help_flag();
    app_.fallthrough();
    app_.allow_extras();
    app_.require_subcommand(0, 1);
    for (const Flag& flag : flags) Add(flag);
    for (const CommandInfo& info : CommandInfos()) app_.add_subcommand(std::string(info.name))->fallthrough();
  }

  void Parse(std::vector<std::string> words) {
    std::reverse(words.begin(), words.end());  // the order that CLI11 wants
    app_.parse(std::move(words));
  }

  [[nodiscard]] const CommandInfo* command() const {
    const auto chosen = app_.get_subcommands();
    return chosen.empty() ? nullptr : FindCommand(chosen.front()->get_name());
  }
  [[nodiscard]] std::vector<std::string> extras() const { return app_.remaining(true); }
  [[nodiscard]] std::vector<std::string> values(std::string_view flag) const {
    return options_.at(std::string(flag))->results();
  }

 private:
  void Add(const Flag& flag) {
    std::string names(flag.name);
    if (flag.short_flag != '\0') names = fmt::format("-{},{}", flag.short_flag, flag.name);
    CLI::Option* option = nullptr;
    if (flag.takes_value) {
      values_.push_back(std::make_unique<std::vector<std::string>>());
      option = app_.add_option(names, *values_.back())->allow_extra_args(false);
    } else {
      option = app_.add_flag(names)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    options_[std::string(flag.name)] = option;
  }

  CLI::App app_;
  std::vector<std::unique_ptr<std::vector<std::string>>> values_;
  std::map<std::string, CLI::Option*> options_;
};

void AddFault(Arguments& arguments, std::string text) {
  arguments.faults.push_back({.text = std::move(text), .from_argument = true});
}

std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto nearest = NearestWord(word, candidates);
  return nearest ? fmt::format("; did you mean '{}'?", *nearest) : "";
}

std::vector<std::string_view> FlagNames(Commands command) {
  std::vector<std::string_view> names;
  for (const Setting& row : Settings()) {
    if (!row.flag.empty() && (row.commands & command) != 0) names.push_back(row.flag);
  }
  for (const OptionInfo& row : OptionInfos()) {
    if ((row.commands & command) != 0) names.push_back(row.flag);
  }
  return names;
}

Commands CommandsOf(const Arguments& arguments) { return arguments.command ? *arguments.command : kEveryCommand; }

// Unknown flags hide stray words: one of these may be the value of one of those.
void JudgeExtras(const std::vector<std::string>& extras, Arguments& arguments) {
  std::vector<std::string_view> commands;
  for (const CommandInfo& info : CommandInfos()) commands.push_back(info.name);
  const bool has_flags = std::any_of(extras.begin(), extras.end(), IsFlag);
  for (const std::string& extra : extras) {
    if (IsFlag(extra)) {
      const std::string flag = WithoutValue(extra);
      AddFault(arguments,
               fmt::format("unknown option '{}'{}", flag, DidYouMean(flag, FlagNames(CommandsOf(arguments)))));
    } else if (!has_flags && arguments.command) {
      AddFault(arguments, fmt::format("unexpected argument '{}'", extra));
    } else if (!has_flags) {
      AddFault(arguments, fmt::format("unknown command '{}'{}", extra, DidYouMean(extra, commands)));
      return;  // what follows it belongs to it
    }
  }
}

void TakeSettings(const CommandLine& line, Arguments& arguments) {
  for (const Setting& row : Settings()) {
    if (row.flag.empty()) continue;
    for (std::string& value : line.values(row.flag)) {
      const bool takes_value = !row.value_name.empty();
      if (!takes_value && value != "true") AddFault(arguments, fmt::format("'{}' takes no value", row.flag));
      if (takes_value && value.empty()) AddFault(arguments, fmt::format("'{}' needs a value", row.flag));
      arguments.settings.push_back({&row, takes_value ? std::move(value) : "1", std::string(row.flag)});
    }
  }
}

void TakeOptions(const CommandLine& line, Arguments& arguments) {
  std::set<std::string_view> seen;
  for (const OptionInfo& row : OptionInfos()) {
    if (!seen.insert(row.flag).second) continue;
    for (std::string& value : line.values(row.flag)) {
      const bool takes_value = !row.value_name.empty();
      if (!takes_value && value != "true") AddFault(arguments, fmt::format("'{}' takes no value", row.flag));
      if (takes_value && value.empty()) AddFault(arguments, fmt::format("'{}' needs a value", row.flag));
      arguments.options[std::string(row.flag)].push_back(takes_value ? std::move(value) : "");
    }
  }
}

void JudgeMisplaced(const CommandInfo& info, Arguments& arguments) {
  const auto refuse = [&](std::string_view flag) {
    AddFault(arguments, fmt::format("'{}' is not an option of '{}'", flag, info.name));
  };
  std::set<std::string_view> refused;
  for (const FlagValue& given : arguments.settings) {
    const bool belongs = (given.setting->commands & info.command) != 0;
    if (!belongs && refused.insert(given.setting->flag).second) refuse(given.setting->flag);
  }
  for (const auto& [flag, values] : arguments.options) {
    if (FindOption(flag, info.command) == nullptr) refuse(flag);
  }
}

void Understand(const std::vector<std::string>& words, const std::vector<Flag>& flags, Arguments& arguments) {
  CommandLine line(flags);
  try {
    line.Parse(words);
  } catch (const CLI::ParseError&) {
    // The one fault that is left to CLI11: a flag at the end of the line whose value is missing.
    return AddFault(arguments, fmt::format("'{}' needs a value", words.empty() ? "" : words.back()));
  }
  const CommandInfo* info = line.command();
  arguments.command = info == nullptr ? std::nullopt : std::optional(info->command);
  JudgeExtras(line.extras(), arguments);
  TakeSettings(line, arguments);
  TakeOptions(line, arguments);
  if (info != nullptr) JudgeMisplaced(*info, arguments);
  if (arguments.Has("--verbose") && arguments.Has("--quiet")) {
    AddFault(arguments, "'--verbose' and '--quiet' exclude each other");
  }
}

}  // namespace

std::size_t Arguments::Count(std::string_view flag) const {
  const auto found = options.find(flag);
  return found == options.end() ? 0 : found->second.size();
}

std::optional<std::string> Arguments::Last(std::string_view flag) const {
  const auto found = options.find(flag);
  if (found == options.end()) return std::nullopt;
  return found->second.back();
}

Arguments ParseArguments(const std::vector<std::string>& words) {
  const std::vector<Flag> flags = AllFlags();
  Arguments arguments;
  const auto end = words.begin() + static_cast<std::ptrdiff_t>(ScanForHelp(words, flags, arguments));
  if (arguments.wants_help || arguments.wants_version) return arguments;
  const std::vector<std::string> before(words.begin(), end);
  if (const auto fault = FindEmptyValue(before)) {
    arguments.faults.push_back(*fault);
  } else {
    Understand(before, flags, arguments);
  }
  // CLI11 2.1 reads flags again behind a "--" that follows a subcommand. No command takes arguments, so none may come.
  for (auto word = end; word != words.end(); ++word) {
    if (word != end) AddFault(arguments, fmt::format("unexpected argument '{}'", *word));
  }
  arguments.hint = arguments.command
                       ? fmt::format("run 'vmtelem {} --help' for its options", InfoOf(*arguments.command).name)
                       : "run 'vmtelem --help' for the commands";
  return arguments;
}

}  // namespace vmtelem
