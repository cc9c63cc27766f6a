#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "model/influx_target.h"

// What a write request to each API looks like. Pure functions.
namespace vmtelem {

// The address to POST to: path and query of the API below whatever path the target's URL has. Fails with kInvalid for a
// URL that is not http or https, or that holds a user, a password, a query or a fragment. The message repeats no URL.
Result<std::string> WriteUrl(const InfluxTarget& target);

// "https://host:8181": all of a URL that may be shown; empty if it is not a URL.
std::string DisplayUrl(const std::string& url);

// What messages call the server: "InfluxDB at https://host:8181".
std::string ServerName(const InfluxTarget& target);

// `text` with its percent signs resolved.
std::string Unescape(const std::string& text);

// Value of the Authorization header: Bearer for v3, Token for v2, Basic for v1. Empty if there is nothing to send.
Secret Authorization(const InfluxTarget& target);

}  // namespace vmtelem
