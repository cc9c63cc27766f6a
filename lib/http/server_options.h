#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/router.h"

namespace vmtelem {

// Is given each answer that a route or a refusal gave, with the path of the route ("other" if there is none), on the
// server's thread. What libmicrohttpd answers by itself, to what is no HTTP, is not seen.
using HttpObserver = std::function<void(std::string_view route, int status)>;

// What a server serves, and whom.
struct HttpServerOptions {
  std::vector<HttpRoute> routes{};
  std::vector<std::string> public_paths{};  // GET needs no token for these, wherever the client is
  std::vector<std::string> hosts{};         // further names in Host
  std::string token_file{};                 // empty: there is none, so nobody may POST
  std::size_t connections_max = 64;         // each is a descriptor and up to 48 KiB
  HttpObserver observer{};                  // may be empty
};

}  // namespace vmtelem
