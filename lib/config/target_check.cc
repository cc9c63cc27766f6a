#include "config/target_check.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/secret_file.h"

namespace vmtelem {
namespace {

constexpr std::string_view kCredentialName = "influx-token";

EffectiveSetting& Effective(LoadedConfig& loaded, std::string_view variable) {
  return *std::find_if(loaded.effective.begin(), loaded.effective.end(),
                       [&](const EffectiveSetting& row) { return row.setting->variable == variable; });
}

bool IsFlag(std::string_view origin) { return origin.substr(0, 2) == "--"; }

void AddFault(LoadedConfig& loaded, std::string text) {
  loaded.faults.push_back({.text = std::move(text), .concerns_database = true});
}

// The path of the credential that systemd passed with LoadCredential=, empty if there is none.
std::string CredentialPath(const EnvironmentLookup& environment) {
  const auto directory = environment("CREDENTIALS_DIRECTORY");
  if (!directory || directory->empty()) return {};
  const auto path = std::filesystem::path(*directory) / kCredentialName;
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) ? path.string() : std::string();
}

struct TokenFile {
  std::string path;
  std::string origin;  // for messages
};

void ReadTokenFile(const TokenFile& file, LoadedConfig& loaded) {
  InfluxTarget& target = loaded.config.influx;
  target.token_file = file.path;
  target.token_origin = file.origin;
  auto secret = ReadSecretFile(file.path);
  if (!secret) return AddFault(loaded, fmt::format("{}: {}", file.origin, secret.error().message));
  target.token = std::move(secret->secret);
  if (secret->readable_by_others) {
    loaded.warnings.push_back(fmt::format("{}: the permissions of {} open it to others than its owner; 'chmod 600' it",
                                          file.origin, file.path));
  }
}

bool IsInfluxV3Name(std::string_view name) {
  const auto is_alnum = [](unsigned char byte) { return byte < 0x80 && std::isalnum(byte) != 0; };
  const auto is_allowed = [&](unsigned char byte) {
    return is_alnum(byte) || byte == '_' || byte == '-' || byte == '/';
  };
  return !name.empty() && is_alnum(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(), is_allowed) && std::count(name.begin(), name.end(), '/') <= 1;
}

void CheckDatabaseName(LoadedConfig& loaded) {
  const InfluxTarget& target = loaded.config.influx;
  if (target.api != InfluxApi::kV3 || target.database.empty() || IsInfluxV3Name(target.database)) return;
  const std::string& origin = Effective(loaded, "INFLUX_DB").origin;
  Fault fault{.text = DescribeBadValue({.name = IsFlag(origin) ? origin : "INFLUX_DB",
                                        .value = target.database,
                                        .problem = "is not a name that InfluxDB 3 takes",
                                        .allowed = "letters, digits, '_' and '-' after a letter or digit, one '/'",
                                        .origin = IsFlag(origin) ? "" : origin}),
              .from_argument = IsFlag(origin),
              .concerns_database = true};
  loaded.faults.push_back(std::move(fault));
}

void CheckCaFile(LoadedConfig& loaded) {
  const std::string& path = loaded.config.influx.ca_file;
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return;
  AddFault(loaded, fmt::format("INFLUX_CA_FILE: cannot read {}: {} ({})", path, std::strerror(errno),
                               Effective(loaded, "INFLUX_CA_FILE").origin));
}

}  // namespace

void FindToken(const EnvironmentLookup& environment, LoadedConfig& loaded) {
  EffectiveSetting& token = Effective(loaded, "INFLUX_TOKEN");
  const EffectiveSetting& file = Effective(loaded, "INFLUX_TOKEN_FILE");
  std::vector<std::string> places;
  std::optional<TokenFile> token_file;
  if (token.text) {
    places.emplace_back("INFLUX_TOKEN");
    loaded.config.influx.token_origin = places.back();
  }
  if (file.text) {
    token_file = {*file.text, IsFlag(file.origin) ? file.origin : "INFLUX_TOKEN_FILE"};
    places.push_back(token_file->origin);
  }
  if (const std::string path = CredentialPath(environment); !path.empty()) {
    token_file = {path, fmt::format("credential {}", kCredentialName)};
    places.push_back(token_file->origin);
  }
  if (places.size() > 1) {
    token.text = "***";  // given, once too often
    return AddFault(loaded, fmt::format("{} are set at the same time; keep one", fmt::join(places, " and ")));
  }
  if (!token_file) return;
  token.text = "***";
  token.origin = token_file->origin;
  ReadTokenFile(*token_file, loaded);
}

void CheckTarget(LoadedConfig& loaded) {
  CheckDatabaseName(loaded);
  CheckCaFile(loaded);
}

}  // namespace vmtelem
