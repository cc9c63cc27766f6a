#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "model/influx_target.h"

namespace vmtelem {

constexpr std::size_t kMaxSpoolTargetName = 120;  // eCryptfs takes names of 143 bytes, everybody else more

// The name of the directory for the batches of one database: "<api>_<server>_<database>[_<org or retention policy>]",
// since buckets of two organisations may have one name (v2), and a retention policy is a place of its own (v1); server
// is scheme://host:port, with the path behind it if it has one, and all but A-Z a-z 0-9 . - is percent-encoded. Equal
// for spellings of the same server (case, default port, slash at the end), different for everything else: what is too
// long ends in a hash of the whole. Never holds a user, a password or a query. Pure.
std::string SpoolTargetName(const InfluxTarget& target);

// Whether SpoolTargetName() makes such names.
bool IsSpoolTargetName(std::string_view name);

}  // namespace vmtelem
