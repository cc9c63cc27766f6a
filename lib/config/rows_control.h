#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "config/listen_address.h"
#include "config/parsers.h"
#include "config/settings.h"

// Rows of the table, which settings.cc puts together. Included there only.
namespace vmtelem {

inline constexpr Setting kControlRows[] = {
    {.variable = "LISTEN",
     .flag = "--listen",
     .value_name = "ADDR",
     .allowed = "ADDR:PORT, [ADDR]:PORT, unix:PATH",
     .group = SettingGroup::kControl,
     .commands = kRun | kShowConfig,
     .help = "Answer HTTP there: ADDR:PORT, [ADDR]:PORT or unix:PATH [off]",
     .parse = [](const Setting&, std::string_view text, Config& config) -> Problem {
       ListenAddress address;
       Problem problem = ParseListenAddress(text, address);
       if (!problem) config.listen.address = std::move(address);
       return problem;
     }},
    {.variable = "LISTEN_TOKEN_FILE",
     .flag = "--listen-token-file",
     .value_name = "FILE",
     .group = SettingGroup::kControl,
     .commands = kRun | kShowConfig,
     .help = "File that holds the token for POST, and for all but loopback; read again when it changes",
     .parse = [](const Setting&, std::string_view text,
                 Config& config) { return ParseText(text, config.listen.token_file); }},
    {.variable = "LISTEN_HOSTS",
     .flag = "--listen-hosts",
     .value_name = "LIST",
     .group = SettingGroup::kControl,
     .commands = kRun | kShowConfig,
     .help = "Further names in the header Host, such as a reverse proxy's",
     .parse = [](const Setting&, std::string_view text,
                 Config& config) { return ParseListenHosts(text, config.listen.hosts); }},
};

}  // namespace vmtelem
