#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/url.h"
#include "cmd/command.h"
#include "cmd/shown_setting.h"
#include "cmd/terminal/display_text.h"
#include "cmd/terminal/table.h"
#include "cmd/terminal/terminal.h"
#include "config/proxy.h"
#include "spool/spool_capacity.h"
#include "spool/spool_target.h"

namespace vmtelem {
namespace {

using Json = nlohmann::ordered_json;

// Nothing if none is named, or not all are known because something is wrong.
std::string HypervisorText(const Context& context) {
  const std::size_t in_all = context.loaded.hypervisors_in_all;
  const Shard& shard = context.config().shard;
  if (in_all == 0) return {};
  return fmt::format("{}, {} of them in shard {}/{}.\n", CountOf(in_all, "hypervisor"),
                     context.config().hypervisors.size(), shard.index, shard.count);
}

Json HypervisorJson(const Context& context) {
  if (context.loaded.hypervisors_in_all == 0) return nullptr;
  return {{"in_all", context.loaded.hypervisors_in_all}, {"in_shard", context.config().hypervisors.size()}};
}

// Nothing if there is no spool, or the settings do not say which.
std::optional<SpoolCapacity> FindSpoolCapacity(const Context& context) {
  const Config& config = context.config();
  if (config.delivery.spool_dir.empty() || config.influx.url.empty() || config.influx.database.empty())
    return std::nullopt;
  return LookAtSpool(config.delivery.spool_dir, SpoolTargetName(config.influx),
                     {.max_bytes = config.delivery.spool_max_bytes});
}

std::string SpoolText(const Context& context) {
  const auto spool = FindSpoolCapacity(context);
  if (!spool) return {};
  const std::string size = RoughSize(spool->room_bytes);
  if (spool->bytes_per_s == 0) {
    return fmt::format("\nThe spool takes {}. How many hours that is shows when 'vmtelem run' has run for 10s.\n",
                       size);
  }
  return fmt::format("\nThe spool takes {}: {:.{}f} hours at the present {} per second.\n", size, spool->hours(),
                     spool->hours() < 10 ? 1 : 0, RoughSize(spool->bytes_per_s));
}

std::string ProxyText(const Context& context) {
  const Proxy& proxy = context.config().influx.proxy;
  if (proxy.url.empty()) return {};
  return fmt::format("INFLUX_URL is reached through the proxy {} ({}).\n", ShownProxy(proxy), proxy.variable);
}

Json ProxyJson(const Context& context) {
  const Proxy& proxy = context.config().influx.proxy;
  if (proxy.url.empty()) return nullptr;
  return {{"url", ShownProxy(proxy)}, {"source", proxy.variable}};
}

Json SpoolJson(const Context& context) {
  const auto spool = FindSpoolCapacity(context);
  if (!spool) return nullptr;
  const bool known = spool->bytes_per_s > 0;
  return {{"room_bytes", spool->room_bytes},
          {"bytes_per_s", known ? Json(spool->bytes_per_s) : Json()},
          {"hours", known ? Json(spool->hours()) : Json()}};
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
  const std::string hypervisors = HypervisorText(context);
  const std::string proxy = ProxyText(context);
  const bool color = WantsColor(process.stdout_fd, context.config().color, process.environment);
  return FormatTable({{"SETTING"}, {"VALUE"}, {"SOURCE"}}, std::move(rows), {.headers = true, .color = color}) +
         (hypervisors.empty() ? "" : "\n" + hypervisors) + SpoolText(context) + (proxy.empty() ? "" : "\n" + proxy);
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
  for (const std::string& remark : {HypervisorText(context), ProxyText(context)}) {
    if (!remark.empty()) text += "# " + remark;
  }
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
  const Json all{{"settings", std::move(settings)},
                 {"hypervisors", HypervisorJson(context)},
                 {"spool", SpoolJson(context)},
                 {"proxy", ProxyJson(context)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
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
