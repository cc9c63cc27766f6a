#pragma once

#include <string>
#include <string_view>

// URLs of databases and connection URIs of libvirt as text, also where they are not well-formed. Pure functions.
namespace vmtelem {

// The parts of a URL, each with the mark that sets it off; one after the other they are the URL again. Views of it.
struct UrlParts {
  std::string_view scheme;   // "https://"; empty unless the URL begins with one
  std::string_view user;     // "name:password@"; up to the last @, since a password may hold any of "/?#" unescaped
  std::string_view address;  // "host:8181/path"
  std::string_view query;    // "?db=x"
};
UrlParts SplitUrl(std::string_view url);

// The URL for display: *** stands for user and password, and for the query, whose parameters may be secrets too.
std::string MaskUrl(std::string_view url);

}  // namespace vmtelem
