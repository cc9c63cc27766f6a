#pragma once

#include <map>
#include <string>
#include <string_view>

namespace vmtelem {

// The values of the family that LastCollectionsText() writes, by their label `host`, in Prometheus text that this
// program wrote or anybody else did: all else in it is passed over, and so is a line of that family that is not as it
// should be. Hosts are valid UTF-8, values numbers that are not negative. Pure.
std::map<std::string, double> ReadLastCollections(std::string_view text);

}  // namespace vmtelem
