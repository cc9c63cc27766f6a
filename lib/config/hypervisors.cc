#include "config/hypervisors.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "base/url.h"
#include "config/connect_file.h"
#include "config/parsers.h"
#include "config/settings.h"

namespace vmtelem {
namespace {

// A hypervisor and where it was named.
struct Named {
  Hypervisor hypervisor;
  std::string source;
  bool from_argument = false;
};

void AddFromValue(const GivenValue& given, std::vector<Named>& named, HypervisorList& list) {
  const std::string_view name = given.from_argument ? std::string_view(given.origin) : "LIBVIRT_URI";
  const std::string_view origin = given.from_argument ? std::string_view() : std::string_view(given.origin);
  const auto add_fault = [&](const std::string& shown, std::string_view problem) {
    list.faults.push_back(
        {.text = DescribeBadValue({name, shown, problem, "", origin}), .from_argument = given.from_argument});
  };
  const auto words = SplitAtSpaces(given.text);
  if (words.empty()) add_fault(given.text, "names no hypervisor");
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string source =
        fmt::format("{} number {}", name, i + 1) + (origin.empty() ? "" : fmt::format(" ({})", origin));
    Named next{{}, source, given.from_argument};
    if (const Problem problem = ParseHypervisor(words[i], next.hypervisor)) {
      add_fault(MaskUrl(words[i]), *problem);
    } else {
      named.push_back(std::move(next));
    }
  }
}

void AddFromFile(const GivenValue& given, std::vector<Named>& named, HypervisorList& list) {
  ConnectFile file = ReadConnectFile(given.text);
  const std::string_view name = given.from_argument ? std::string_view(given.origin) : "CONNECT_FILE";
  for (const std::string& fault : file.faults) list.faults.push_back({.text = fmt::format("{}: {}", name, fault)});
  for (ConnectFile::Entry& entry : file.entries) {
    named.push_back({std::move(entry.hypervisor), fmt::format("{}:{}", given.text, entry.line)});
  }
}

void RefuseEqualNames(const std::vector<Named>& named, HypervisorList& list) {
  std::map<std::string_view, const Named*> first;
  for (const Named& next : named) {
    if (next.hypervisor.name.empty()) continue;
    const auto [earlier, is_new] = first.emplace(next.hypervisor.name, &next);
    if (is_new) continue;
    list.faults.push_back({.text = fmt::format("two hypervisors have the name '{}': {} and {}", next.hypervisor.name,
                                               earlier->second->source, next.source),
                           .from_argument = next.from_argument && earlier->second->from_argument});
  }
}

void NumberEqualUris(std::vector<Named>& named) {
  std::map<std::string, std::size_t, std::less<>> count;
  for (Named& next : named) {
    if (next.hypervisor.name.empty()) next.hypervisor.nth = ++count[next.hypervisor.uri];
  }
}

// libvirt asks the monitor of a QEMU for one client at a time, and gives the others the rest at once.
void WarnOfEqualUris(const std::vector<Named>& named, HypervisorList& list) {
  std::map<std::string_view, std::size_t> count;
  for (const Named& each : named) ++count[each.hypervisor.uri];
  for (const auto& [uri, times] : count) {
    if (times == 1 || !uri.starts_with("qemu")) continue;
    list.warnings.push_back(fmt::format(
        "{} is given {} times: they are in each other's way, and samples of theirs will lack disks and memory",
        MaskUrl(uri), times));
  }
}

std::string ShardKey(const Hypervisor& hypervisor) {
  if (!hypervisor.name.empty()) return hypervisor.name;
  return hypervisor.nth == 1 ? hypervisor.uri : fmt::format("{}#{}", hypervisor.uri, hypervisor.nth);
}

void TakeShard(std::vector<Named> named, const Shard& shard, HypervisorList& list) {
  list.in_all = named.size();
  for (Named& next : named) {
    if (shard.Has(ShardKey(next.hypervisor))) list.hypervisors.push_back(std::move(next.hypervisor));
  }
  if (list.in_all == 0 || !list.hypervisors.empty()) return;
  list.warnings.push_back(fmt::format("SHARD: none of the {} belongs to shard {}/{}; nothing is collected",
                                      CountOf(list.in_all, "hypervisor"), shard.index, shard.count));
}

}  // namespace

HypervisorList FindHypervisors(const Layers& layers, const Shard& shard) {
  HypervisorList list;
  std::vector<Named> named;
  if (const auto value = layers.Find(*FindSettingByVariable("LIBVIRT_URI"))) AddFromValue(*value, named, list);
  if (const auto file = layers.Find(*FindSettingByVariable("CONNECT_FILE"))) AddFromFile(*file, named, list);
  RefuseEqualNames(named, list);
  if (!list.faults.empty()) return list;
  NumberEqualUris(named);
  WarnOfEqualUris(named, list);
  TakeShard(std::move(named), shard, list);
  return list;
}

std::string MaskHypervisors(std::string_view text) {
  std::vector<std::string> masked;
  Hypervisor ignored;
  for (const std::string_view word : SplitAtSpaces(text)) {
    if (ParseHypervisor(word, ignored)) return MaskUrl(text);
    masked.push_back(MaskUrl(word));
  }
  return fmt::format("{}", fmt::join(masked, " "));
}

}  // namespace vmtelem
