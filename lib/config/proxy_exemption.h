#pragma once

#include <string_view>

namespace vmtelem {

// Whether a host is to be reached without a proxy. `list` is what no_proxy holds, read as libcurl reads it: `*` for
// all, or names and addresses between commas or blanks. A name, with or without a dot before it, stands for that host
// and all below it; an address may have a prefix length. Pure.
bool IsExempt(std::string_view host, std::string_view list);

}  // namespace vmtelem
