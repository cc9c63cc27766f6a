#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/snapshot.h"

namespace vmtelem {

// One sample of these hypervisors in Prometheus text. Of one that did not answer the time of its last collection is the
// one that `file` gives, the text of an earlier sample, which this one replaces; absent if there is no such file or it
// does not say. Reads the file only if it has to.
std::string MetricsOfSample(const std::vector<const Snapshot*>& snapshots, const std::optional<std::string>& file);

}  // namespace vmtelem
