#include "cmd/control_server.h"

#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text_coding.h"
#include "cmd/process_limits.h"
#include "cmd/shown_setting.h"
#include "cmd/version.h"

namespace vmtelem {
namespace {

using Json = nlohmann::ordered_json;

// The settings by their names in lower case, as text, but for those that the replaced system gives as numbers.
Json ConfigJson(const Context& context) {
  const Config& config = context.config();
  Json json = Json::object();
  for (const EffectiveSetting& row : context.loaded.effective) {
    const auto shown = Shown(row, Urls::kHidden);
    json[Lowercase(row.setting->variable)] = shown ? Json(*shown) : Json(nullptr);
  }
  json["poll_interval"] = Seconds(config.interval);
  json["batch_max_lines"] = config.delivery.batch_max_lines;
  json["batch_max_sec"] = Seconds(config.delivery.batch_max_age);
  json["device_cache_ttl"] = Seconds(config.collect.device_cache_ttl);
  return json;
}

}  // namespace

Result<void> ControlServer::Listen() {
  const auto& address = context_.config().listen.address;
  if (!address) return {};
  auto listener = vmtelem::Listen(*address);
  if (!listener) return tl::make_unexpected(std::move(listener.error()));
  if (listener->address_is_absent) {
    context_.log->warn("this machine does not have the address of --listen {} yet; it is served when it appears",
                       address->text);
  }
  listener_ = std::move(*listener);
  connections_ = ControlConnections(context_.config());
  return {};
}

Result<void> ControlServer::Start(Agent& agent, Clock& clock) {
  if (!listener_) return {};
  api_ = std::make_unique<ControlApi>(
      ControlApi::Parts{agent, clock, ConfigJson(context_), ThisBuild(), context_.config().interval});
  server_ = std::make_unique<HttpServer>(std::move(*listener_), Options(), clock, context_.log);
  return server_->Start();
}

HttpServerOptions ControlServer::Options() {
  const ListenOptions& listen = context_.config().listen;
  return {.routes = api_->Routes(),
          .public_paths = {"/healthz", "/readyz", "/-/healthy", "/-/ready"},
          .hosts = listen.hosts,
          .token_file = listen.token_file,
          .connections_max = connections_,
          .observer = [this](std::string_view route, int status) { api_->NoteAnswer(route, status); }};
}

}  // namespace vmtelem
