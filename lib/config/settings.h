#pragma once

#include <span>
#include <string_view>

#include "config/config.h"
#include "config/fault.h"

// The table of settings: the one place where a setting's variable, flag, default, range, help and secrecy are written.
// Parser, show-config, help and the tests that hold the documents together read it. Immutable; any thread.
namespace vmtelem {

// The heading under which help and show-config list a setting.
enum class SettingGroup { kHypervisor, kDatabase, kDelivery, kControl, kMessages };

// How much of a value may be shown.
enum class Secrecy {
  kPlain,
  kUrl,     // may hold a user and a password: shown only when asked for, and then masked
  kSecret,  // never shown
};

// The commands that a flag belongs to, as a set of bits. A variable is checked whatever the command.
enum Command : unsigned {
  kRun = 1U << 0,
  kOnce = 1U << 1,
  kListVms = 1U << 2,
  kShowConfig = 1U << 3,
};
using Commands = unsigned;
inline constexpr Commands kEveryCommand = kRun | kOnce | kListVms | kShowConfig;

// What a command cannot work without, as a set of bits: a hypervisor, a database of one API.
enum Need : unsigned {
  kNeedsNothing = 0,
  kNeedsHypervisor = 1U << 0,
  kNeedsInfluxV1 = 1U << 1,
  kNeedsInfluxV2 = 1U << 2,
  kNeedsInfluxV3 = 1U << 3,
};
using Needs = unsigned;
inline constexpr Needs kNeedsAnyInflux = kNeedsInfluxV1 | kNeedsInfluxV2 | kNeedsInfluxV3;

struct Setting;
// Puts `text` into the config, or gives its problem.
using ParseSetting = Problem (*)(const Setting& setting, std::string_view text, Config& config);

// A row of the table.
struct Setting {
  std::string_view variable{};
  std::string_view flag{};  // with its dashes; empty: there is none
  char short_flag = '\0';
  std::string_view value_name{};    // of the flag, for help; empty: the flag takes no value and means "1"
  std::string_view default_text{};  // empty: none
  std::string_view allowed{};       // "0.1s to 1h" or "v3, v2, v1": the parser reads it too; empty: see `parse`
  std::string_view example{};       // for the message that it is missing
  SettingGroup group = SettingGroup::kHypervisor;
  Secrecy secrecy = Secrecy::kPlain;
  Commands commands = kEveryCommand;
  Needs needed_for = kNeedsNothing;
  // The flag may be given more than once; the values are joined by this. 0: the last one counts.
  char separator = '\0';
  std::string_view alias{};            // a variable that counts when this setting is given nowhere ...
  std::string_view alias_yields_to{};  // ... and neither is this one
  std::string_view presence{};         // a variable that is set, to whatever, stands for this value
  std::string_view help{};
  ParseSetting parse = nullptr;
};

std::span<const Setting> Settings();

const Setting* FindSettingByVariable(std::string_view variable);
const Setting* FindSettingByFlag(std::string_view flag);

}  // namespace vmtelem
