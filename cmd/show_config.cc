#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cmd/command.h"
#include "cmd/table.h"
#include "cmd/terminal.h"
#include "config/url.h"

namespace vmtelem {
namespace {

using Json = nlohmann::ordered_json;

enum class Urls { kHidden, kMasked };

constexpr std::string_view kMask = "***";

// The value as it may be shown, absent if there is none.
std::optional<std::string> Shown(const EffectiveSetting& row, Urls urls) {
  if (!row.text || row.setting->secrecy == Secrecy::kPlain) return row.text;
  if (row.setting->secrecy == Secrecy::kUrl && urls == Urls::kMasked) return MaskUrl(*row.text);
  return std::string(kMask);
}

std::string Table(const Context& context, Urls urls) {
  const Process& process = context.process;
  std::vector<std::vector<Cell>> rows;
  for (const EffectiveSetting& row : context.loaded.effective) {
    const bool given = row.origin != "default" && row.origin != "not set";
    rows.push_back({{std::string(row.setting->variable)},
                    {Shown(row, urls).value_or("-")},
                    {row.origin, given ? Style::kPlain : Style::kDim}});
  }
  const bool color = WantsColor(process.stdout_fd, context.config().color, process.environment);
  return FormatTable({{"SETTING"}, {"VALUE"}, {"SOURCE"}}, std::move(rows), {.headers = true, .color = color});
}

// As env_file.h reads it. A single quote cannot stand in single quotes, so such a value takes double ones.
std::string Quoted(std::string_view value) {
  const bool is_plain = value.find_first_of(" \t\"'\\`$#;") == std::string_view::npos;
  if (is_plain) return std::string(value);
  if (value.find('\'') == std::string_view::npos) return fmt::format("'{}'", value);
  std::string quoted = "\"";
  for (const char byte : value) {
    if (std::string_view("\"\\$`").find(byte) != std::string_view::npos) quoted += '\\';
    quoted += byte;
  }
  return quoted + '"';
}

// Lines that an env-file takes. What is masked or not set is a comment: as a value it would be wrong.
std::string EnvLine(const EffectiveSetting& row, Urls urls) {
  const Setting& setting = *row.setting;
  const auto shown = Shown(row, urls);
  if (!setting.presence.empty()) {
    return shown == setting.presence ? fmt::format("{}=1\n", setting.variable)
                                     : fmt::format("# {}=\n", setting.variable);
  }
  const bool is_usable = shown && shown == row.text && setting.secrecy != Secrecy::kSecret;
  return fmt::format("{}{}={}\n", is_usable ? "" : "# ", setting.variable, Quoted(shown.value_or("")));
}

std::string EnvText(const Context& context, Urls urls) {
  std::string text;
  for (const EffectiveSetting& row : context.loaded.effective) text += EnvLine(row, urls);
  return text;
}

std::string JsonText(const Context& context, Urls urls) {
  Json settings = Json::array();
  for (const EffectiveSetting& row : context.loaded.effective) {
    const auto shown = Shown(row, urls);
    const Setting& setting = *row.setting;
    settings.push_back({{"variable", setting.variable},
                        {"flag", setting.flag.empty() ? Json() : Json(setting.flag)},
                        {"value", shown ? Json(*shown) : Json()},
                        {"source", row.origin},
                        {"default", setting.default_text.empty() ? Json() : Json(setting.default_text)}});
  }
  return Json{{"settings", std::move(settings)}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string Format(const Context& context) {
  const std::string format = context.arguments.Last("--format").value_or("table");
  const Urls urls = context.arguments.Has("--show-urls") ? Urls::kMasked : Urls::kHidden;
  if (format == "json") return JsonText(context, urls);
  return format == "env" ? EnvText(context, urls) : Table(context, urls);
}

}  // namespace

Outcome RunShowConfig(const Context& context) {
  const bool checks_only = context.arguments.Has("--check");
  const ExitCode printed = checks_only ? ExitCode::kOk : Print(context, Format(context));
  for (const Fault& fault : context.loaded.faults) context.messages.Error(fault.text);
  return {MoreTelling(printed, context.loaded.faults.empty() ? ExitCode::kOk : ExitCode::kConfig)};
}

}  // namespace vmtelem
