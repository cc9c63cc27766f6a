#pragma once

#include <string>
#include <string_view>

#include "base/shard.h"
#include "config/layers.h"
#include "config/load.h"

namespace vmtelem {

// Reads CONNECT_FILE if there is one. That nothing is named is no fault here.
//
// A URI has no white space in it (it is written %20), so that several hypervisors are told apart by it in one value.
// Of two with the same name the list is refused; those with the same URI and no name are numbered. A shard is chosen by
// the name, or without one by the URI and the number, so that other hypervisors may come and go.
HypervisorList FindHypervisors(const Layers& layers, const Shard& shard);

// A value of LIBVIRT_URI for display, each URI masked as MaskUrl() does. What is not a list of hypervisors is masked
// as one URI: white space may be part of a password then.
std::string MaskHypervisors(std::string_view text);

}  // namespace vmtelem
