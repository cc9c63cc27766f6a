#include "cmd/once_metrics.h"

#include <algorithm>
#include <cstddef>
#include <map>

#include "base/clock.h"
#include "base/utf8.h"
#include "cmd/terminal/output.h"
#include "cmd/version.h"
#include "encode/agent_metrics.h"
#include "encode/last_collections.h"
#include "encode/text_encoders.h"

namespace vmtelem {
namespace {

constexpr std::size_t kMaxReadBytes = std::size_t{4} << 20U;  // the family stands at the beginning

using EarlierTimes = std::map<std::string, double>;

EarlierTimes ReadEarlierTimes(const std::optional<std::string>& file) {
  return file ? ReadLastCollections(ReadReplaced(*file, kMaxReadBytes)) : EarlierTimes();
}

LastCollection LastOf(const Snapshot& snapshot, const EarlierTimes& earlier) {
  if (snapshot.up) return {snapshot.host, Seconds(Nanoseconds(snapshot.stamp.wall_ns))};
  const auto found = earlier.find(RepairUtf8(snapshot.host));
  return {snapshot.host, found == earlier.end() ? std::nullopt : std::optional(found->second)};
}

}  // namespace

std::string MetricsOfSample(const std::vector<const Snapshot*>& snapshots, const std::optional<std::string>& file) {
  const bool all_answered = std::all_of(snapshots.begin(), snapshots.end(), [](const auto* each) { return each->up; });
  const EarlierTimes earlier = all_answered ? EarlierTimes() : ReadEarlierTimes(file);
  std::vector<LastCollection> collections;
  collections.reserve(snapshots.size());
  for (const Snapshot* snapshot : snapshots) collections.push_back(LastOf(*snapshot, earlier));
  return LastCollectionsText(collections) + PrometheusText(snapshots) + BuildInfoText(ThisBuild());
}

}  // namespace vmtelem
