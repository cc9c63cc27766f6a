#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "http/authority.h"
#include "http/request.h"
#include "model/listen_address.h"

namespace vmtelem {

// Whom a server answers. Plain data.
struct AccessRules {
  ListenAddress address{};
  std::vector<Authority> hosts{};           // further ones; one with a port is an origin with that port
  std::vector<std::string> public_paths{};  // GET needs no token for these, wherever the client is
  bool has_token_file = false;
};

// Why a request gets no other answer.
struct AccessRefusal {
  int status;
  std::string_view detail;  // for whoever asked; a constant
};

// The refusal of a request; nothing if it may be answered. Looked at in this order, so that a
// page of another site learns nothing of the token: Host, Origin, token. Pure function.
//
// - Host (RFC 9112, 3.2): exactly one in HTTP/1.1, at most one before, else 400. It has to be the address listened on,
//   `localhost`, or one of the further hosts, with any port, since a proxy or a tunnel may have another one; any
//   literal address where the server listens on all; anything over a unix socket. Else 403: a name that somebody else's
//   DNS points at us gets nothing.
// - Origin, if there is one, is ours if it is http(s)://HOST of this very request with its port, or one of the further
//   hosts. Else 403; `null`, which sandboxed pages and files have, is nobody's.
// - A token is needed for POST everywhere, and beyond loopback for all but GET of the public paths: else 401. POST is
// 403
//   while no token file is set. RFC 7235: scheme without case, one or more blanks; exactly one Authorization.
std::optional<AccessRefusal> RefusalOf(const AccessRules& rules, const std::optional<Secret>& token,
                                       const HttpRequest& request);

// Whether the answer depends on the token at all.
bool NeedsToken(const AccessRules& rules, const HttpRequest& request);

}  // namespace vmtelem
