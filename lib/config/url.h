#pragma once

#include <string_view>

#include "config/fault.h"

// Just enough of RFC 3986 to check the URL of a database before it is used.
namespace vmtelem {

// The problem of a URL of a database; none if it can be used. Allowed is http(s)://host[:port][/path]; a user, a query
// or a fragment are not.
Problem CheckInfluxUrl(std::string_view url);

// The same for host[:port], as it stands in a URL.
Problem CheckHostAndPort(std::string_view text);

// The host of such a URL, without the brackets of an IPv6 address.
std::string_view HostOf(std::string_view url);

}  // namespace vmtelem
