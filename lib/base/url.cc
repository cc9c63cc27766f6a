#include "base/url.h"

#include <algorithm>

namespace vmtelem {

UrlParts SplitUrl(std::string_view url) {
  UrlParts parts;
  // A "://" further on may belong to a parameter.
  const std::size_t colon = std::min(url.find_first_of(":@/?#"), url.size());
  if (url.substr(colon).starts_with("://")) parts.scheme = url.substr(0, colon + 3);
  const std::string_view rest = url.substr(parts.scheme.size());
  parts.user = rest.substr(0, rest.rfind('@') + 1);  // npos + 1 is 0: nothing
  parts.query = rest.substr(std::min(rest.find('?', parts.user.size()), rest.size()));
  parts.address = rest.substr(parts.user.size(), rest.size() - parts.user.size() - parts.query.size());
  return parts;
}

std::string MaskUrl(std::string_view url) {
  const UrlParts parts = SplitUrl(url);
  return std::string(parts.scheme)
      .append(parts.user.empty() ? "" : "***@")
      .append(parts.address)
      .append(parts.query.empty() ? "" : "?***");
}

}  // namespace vmtelem
