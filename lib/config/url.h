#pragma once

#include <optional>
#include <string>
#include <string_view>

// Just enough of RFC 3986 to check the URL of a database before it is used.
namespace vmtelem {

// What is wrong with the URL of a database, to follow its name in a sentence; nothing if it can be used. Allowed is
// http(s)://host[:port][/path]; a user, a query or a fragment are not.
std::optional<std::string> CheckInfluxUrl(std::string_view url);

// The same for host[:port], as it stands in a URL.
std::optional<std::string> CheckHostAndPort(std::string_view text);

// The host of such a URL, without the brackets of an IPv6 address.
std::string_view HostOf(std::string_view url);

}  // namespace vmtelem
