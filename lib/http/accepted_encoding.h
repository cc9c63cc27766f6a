#pragma once

#include <string_view>
#include <vector>

namespace vmtelem {

// Whether a client takes gzip, by the values of its Accept-Encoding (RFC 9110, 12.5.3): it names gzip, x-gzip or *,
// with a weight that is not 0; the name beats the star. Where it says nothing nothing is packed. Pure function.
bool AcceptsGzip(const std::vector<std::string_view>& accept_encoding);

}  // namespace vmtelem
