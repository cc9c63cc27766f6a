#include "cmd/help.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cmd/command_table.h"
#include "cmd/exit_code.h"

namespace vmtelem {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::string_view kPurpose = "vmtelem - telemetry of every VM on a libvirt host, into InfluxDB\n";

// The settings of the program's own help; all others are in the help of the commands.
constexpr std::array<std::string_view, 3> kCommonSettings{"--connect", "--vm", "--timeout"};

// A space at which no line is broken.
constexpr char kGlue = '\t';

// `text` broken at spaces; lines after the first are indented.
std::string Wrap(std::string_view text, std::size_t indent) {
  std::string wrapped;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (column > indent && column + 1 + word.size() > kWidth) {
      wrapped += '\n' + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) wrapped += ' ';
    column += word.size() + (column > indent ? 1 : 0);
    wrapped += word;
  }
  std::replace(wrapped.begin(), wrapped.end(), kGlue, ' ');
  return wrapped;
}

// A term and its explanation, which begins at `column`.
std::string Row(const std::string& term, std::string_view text, std::size_t column) {
  const bool fits = term.size() + 2 <= column;
  const std::string gap = fits ? std::string(column - term.size(), ' ') : '\n' + std::string(column, ' ');
  return term + gap + Wrap(text, column) + '\n';
}

std::string Term(std::string_view flag, char short_flag, std::string_view value_name) {
  const std::string head = short_flag == '\0' ? "      " : fmt::format("  -{}, ", short_flag);
  return value_name.empty() ? fmt::format("{}{}", head, flag) : fmt::format("{}{} {}", head, flag, value_name);
}

std::string TermOf(const Setting& row) {
  return row.flag.empty() ? fmt::format("      {}", row.variable) : Term(row.flag, row.short_flag, row.value_name);
}

std::string TextOf(const Setting& row) {
  std::string text(row.help);
  if (!row.default_text.empty()) text += fmt::format(" [{}]", row.default_text);
  if (!row.flag.empty()) text += fmt::format(" [env:{}{}]", kGlue, row.variable);
  return text;
}

std::string TextOf(const OptionInfo& row) {
  return row.default_text.empty() ? std::string(row.help) : fmt::format("{} [{}]", row.help, row.default_text);
}

std::string CommonSettingRow(const Setting& row, std::size_t column) {
  std::string text(row.help);
  if (!row.default_text.empty()) text += fmt::format(" [{}]", row.default_text);
  if (row.needed_for != kNeedsNothing) text += fmt::format(" [env: {}]", row.variable);
  return Row(TermOf(row), text, column);
}

std::string CommandRows() {
  std::string rows;
  for (const CommandInfo& info : CommandInfos()) rows += Row(fmt::format("  {}", info.name), info.purpose, 16);
  return rows;
}

std::string CommonRows() {
  constexpr std::size_t kColumn = 25;
  std::string rows;
  for (const std::string_view flag : kCommonSettings) rows += CommonSettingRow(*FindSettingByFlag(flag), kColumn);
  for (const OptionInfo& option : OptionInfos()) {
    if (option.is_common) rows += Row(Term(option.flag, option.short_flag, option.value_name), option.help, kColumn);
  }
  return rows;
}

constexpr std::size_t kOptionColumn = 32;

std::string OptionRows(Command command, bool common) {
  std::string rows;
  for (const OptionInfo& option : OptionInfos()) {
    if ((option.commands & command) == 0 || option.is_common != common) continue;
    rows += Row(Term(option.flag, option.short_flag, option.value_name), TextOf(option), kOptionColumn);
  }
  return rows;
}

std::string SettingRows(Command command, SettingGroup group) {
  std::string rows;
  for (const Setting& row : Settings()) {
    if ((row.commands & command) != 0 && row.group == group) rows += Row(TermOf(row), TextOf(row), kOptionColumn);
  }
  return rows;
}

std::string Section(std::string_view title, const std::string& body) {
  return body.empty() ? "" : fmt::format("\n{}\n{}", title, body);
}

std::string ExitRows() {
  std::string rows;
  for (const ExitCodeText& row : ExitCodeTexts()) rows += Row(fmt::format("  {}", row.code), row.meaning, 10);
  return rows;
}

std::string ExampleRows(const CommandInfo& info) {
  std::string rows;
  for (const std::string_view example : info.examples) rows += fmt::format("  {}\n", example);
  return rows;
}

}  // namespace

std::string ProgramHelp() {
  return fmt::format(
      "{}\n"
      "USAGE\n"
      "  vmtelem [OPTIONS] COMMAND [ARGS]\n\n"
      "EXAMPLES\n"
      "  vmtelem list-vms -c qemu:///system              # what would be collected\n"
      "  vmtelem once --stdout | grep vm_totals          # one sample, line protocol\n"
      "  vmtelem run --env-file /etc/default/vmtelem     # as a service\n\n"
      "COMMANDS\n{}\n"
      "OPTIONS\n{}\n"
      "Run 'vmtelem COMMAND --help' for a command, 'man vmtelem' for all.\n",
      kPurpose, CommandRows(), CommonRows());
}

std::string CommandHelp(Command command) {
  const CommandInfo& info = InfoOf(command);
  return fmt::format("vmtelem {} - {}\n", info.name, info.purpose) +
         Section("USAGE", fmt::format("  {}\n", info.usage)) + Section("EXAMPLES", ExampleRows(info)) +
         Section("OPTIONS", OptionRows(command, false)) +
         Section("HYPERVISOR", SettingRows(command, SettingGroup::kHypervisor)) +
         Section("DATABASE", SettingRows(command, SettingGroup::kDatabase)) +
         Section("DELIVERY", SettingRows(command, SettingGroup::kDelivery)) +
         Section("CONTROL", SettingRows(command, SettingGroup::kControl)) +
         Section("GENERAL", SettingRows(command, SettingGroup::kMessages) + OptionRows(command, true)) +
         Section("EXIT STATUS", ExitRows()) +
         "\nA flag beats the environment, which beats an env-file. See 'man vmtelem'.\n";
}

std::string ShortHelp() {
  return fmt::format(
      "{}\n"
      "  vmtelem list-vms -c qemu:///system              # what would be collected\n"
      "  vmtelem once --stdout | grep vm_totals          # one sample, line protocol\n\n"
      "COMMANDS\n{}\n"
      "Run 'vmtelem --help' for more.\n",
      kPurpose, CommandRows());
}

}  // namespace vmtelem
