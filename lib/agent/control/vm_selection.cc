#include "agent/control/vm_selection.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/glob.h"

namespace vmtelem {
namespace {

using Number = std::optional<double>;

Number Known(const Counter& counter) { return counter ? Number(static_cast<double>(*counter)) : std::nullopt; }

Number Sum(const Rate& one, const Rate& other) { return one && other ? Number(*one + *other) : std::nullopt; }

// What VMs can be sorted by, beside their name and that of their host.
struct SortKey {
  std::string_view name;
  Number (*value)(const DomainStats&, const DomainDerived&);
};
constexpr std::array kSortKeys{
    SortKey{"cpu_percent", [](const DomainStats&, const DomainDerived& derived) { return derived.cpu_percent; }},
    SortKey{"cputime",
            [](const DomainStats& domain, const DomainDerived&) { return Known(domain.cpu[CpuCounter::kTimeNs]); }},
    SortKey{"cpu_count", [](const DomainStats& domain, const DomainDerived&) { return Known(domain.vcpus); }},
    SortKey{"memory_used", [](const DomainStats& domain,
                              const DomainDerived&) { return Known(domain.memory[MemoryValue::kCurrentBytes]); }},
    SortKey{"mem_rss_bytes", [](const DomainStats& domain,
                                const DomainDerived&) { return Known(domain.memory[MemoryValue::kRssBytes]); }},
    SortKey{"net_bytes_rate",
            [](const DomainStats&, const DomainDerived& derived) {
              return Sum(derived.nic_total_rates[NicCounter::kRxBytes], derived.nic_total_rates[NicCounter::kTxBytes]);
            }},
    SortKey{"disk_bytes_rate",
            [](const DomainStats&, const DomainDerived& derived) {
              return Sum(derived.disk_total_rates[DiskCounter::kRdBytes],
                         derived.disk_total_rates[DiskCounter::kWrBytes]);
            }},
};

const SortKey* FindSortKey(std::string_view name) {
  const auto* found =
      std::find_if(kSortKeys.begin(), kSortKeys.end(), [&](const SortKey& key) { return key.name == name; });
  return found == kSortKeys.end() ? nullptr : found;
}

std::string_view WithoutSign(std::string_view sort) { return sort.starts_with('-') ? sort.substr(1) : sort; }

std::string SortNames() {
  std::vector<std::string_view> names{"name", "host"};
  for (const SortKey& key : kSortKeys) names.push_back(key.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::optional<std::size_t> ParseLimit(std::string_view text) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit == 0) return std::nullopt;
  return limit;
}

Result<void> TakeParameter(const HttpField& parameter, VmSelection& selection) {
  if (parameter.name == "host") {
    selection.host = parameter.value;
  } else if (parameter.name == "name") {
    selection.name_glob = parameter.value;
  } else if (parameter.name == "sort") {
    const std::string_view key = WithoutSign(parameter.value);
    const bool is_known = key == "name" || key == "host" || FindSortKey(key) != nullptr;
    if (!is_known)
      return Fail(ErrorCode::kInvalid,
                  fmt::format("sort takes one of {}, with '-' before it for the largest first", SortNames()));
    selection.sort = parameter.value;
  } else if (parameter.name == "limit") {
    const auto limit = ParseLimit(parameter.value);
    if (!limit) return Fail(ErrorCode::kInvalid, "limit takes a whole number from 1 on");
    selection.limit = *limit;
  } else {
    return Fail(ErrorCode::kInvalid, "the parameters are host, name, sort and limit");
  }
  return {};
}

bool IsNameLess(const ShownVm& one, const ShownVm& other) {
  return std::tie(one.domain().name, one.host(), one.domain().uuid) <
         std::tie(other.domain().name, other.host(), other.domain().uuid);
}

bool IsHostLess(const ShownVm& one, const ShownVm& other) {
  return one.host() != other.host() ? one.host() < other.host() : IsNameLess(one, other);
}

void SortByText(std::vector<ShownVm>& vms, std::string_view key, bool descends) {
  const auto is_less = key == "host" ? IsHostLess : IsNameLess;
  std::sort(vms.begin(), vms.end(), [&](const ShownVm& one, const ShownVm& other) {
    return descends ? is_less(other, one) : is_less(one, other);
  });
}

void SortByNumber(std::vector<ShownVm>& vms, const SortKey& key, bool descends) {
  const auto value = [&](const ShownVm& vm) { return key.value(vm.domain(), vm.derived()); };
  std::sort(vms.begin(), vms.end(), IsNameLess);
  std::stable_sort(vms.begin(), vms.end(), [&](const ShownVm& one, const ShownVm& other) {
    const Number left = value(one), right = value(other);
    if (!left || !right) return left.has_value() && !right;
    return descends ? *left > *right : *left < *right;
  });
}

void Sort(std::vector<ShownVm>& vms, const std::string& sort) {
  const bool descends = sort.starts_with('-');
  const SortKey* key = FindSortKey(WithoutSign(sort));
  if (key == nullptr) return SortByText(vms, WithoutSign(sort), descends);
  SortByNumber(vms, *key, descends);
}

void AddMatching(const std::shared_ptr<const HostSample>& sample, const std::string& glob, std::vector<ShownVm>& vms) {
  for (std::size_t i = 0; i < sample->snapshot.domains.size(); ++i) {
    if (MatchesGlob(glob, sample->snapshot.domains[i].name)) vms.push_back({sample, i});
  }
}

}  // namespace

Result<VmSelection> ParseVmSelection(const HttpRequest& request) {
  VmSelection selection;
  for (const HttpField& parameter : request.query) {
    if (auto taken = TakeParameter(parameter, selection); !taken) return tl::make_unexpected(std::move(taken.error()));
  }
  return selection;
}

Result<std::vector<ShownVm>> SelectVms(const std::vector<HostStatus>& hosts, const VmSelection& selection) {
  std::vector<ShownVm> vms;
  bool found = !selection.host;
  for (const HostStatus& host : hosts) {
    if (selection.host && host.stats.host != *selection.host) continue;
    found = true;
    if (host.latest != nullptr) AddMatching(host.latest, selection.name_glob, vms);
  }
  if (!found) return Fail(ErrorCode::kNotFound, "there is no such host");
  Sort(vms, selection.sort);
  if (vms.size() > selection.limit) vms.erase(vms.begin() + static_cast<std::ptrdiff_t>(selection.limit), vms.end());
  return vms;
}

}  // namespace vmtelem
