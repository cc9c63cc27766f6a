#include "agent/control/vm_views.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/control/iso_time.h"
#include "agent/control/json_value.h"
#include "agent/control/vm_selection.h"
#include "encode/names.h"
#include "encode/vm_json.h"

namespace vmtelem {
namespace {

using Json = nlohmann::ordered_json;

Json Kibibytes(const Counter& bytes) { return bytes ? Json(*bytes / 1024) : Json(nullptr); }

// The words of the replaced system.
std::string_view StateWord(const std::optional<std::int64_t>& state) {
  if (!state) return "unknown";
  if (*state == 0) return "no state";
  const std::string_view name = DomainStateName(static_cast<int>(*state));
  return name == "pmsuspended" ? "suspended" : name;
}

Json Basics(const ShownVm& vm) {
  const DomainStats& domain = vm.domain();
  return {{"id", OrNull(domain.domain_id)},
          {"name", RepairName(domain.name)},
          {"uuid", domain.uuid},
          {"state", StateWord(domain.state)},
          {"cpu_count", OrNull(domain.vcpus)},
          {"memory_max", Kibibytes(domain.memory[MemoryValue::kMaxBytes])},
          {"memory_used", Kibibytes(domain.memory[MemoryValue::kCurrentBytes])},
          {"cputime", OrNull(domain.cpu[CpuCounter::kTimeNs])},
          {"host", RepairName(vm.host())}};
}

Json InFull(const ShownVm& vm) {
  Json json = Basics(vm);
  json["time_ns"] = vm.domain().stamp.wall_ns != 0 ? vm.domain().stamp.wall_ns : vm.sample->snapshot.stamp.wall_ns;
  AddVmFields(json, vm.domain(), vm.derived());
  return json;
}

Json Telemetry(const ShownVm& vm) {
  const DomainDerived& derived = vm.derived();
  Json json = Basics(vm);
  json["cpu_usage_percent"] = OrNull(derived.cpu_percent);
  json["memory_usage_percent"] = OrNull(derived.memory_used_percent);
  json["disk_read_bytes"] = OrNull(derived.disk_totals[DiskCounter::kRdBytes]);
  json["disk_write_bytes"] = OrNull(derived.disk_totals[DiskCounter::kWrBytes]);
  json["network_rx_bytes"] = OrNull(derived.nic_totals[NicCounter::kRxBytes]);
  json["network_tx_bytes"] = OrNull(derived.nic_totals[NicCounter::kTxBytes]);
  json["cpu_rate"] = OrNull(derived.cpu_percent);
  json["memory_rate"] = OrNull(derived.memory_rss_rate);
  json["disk_read_rate"] = OrNull(derived.disk_total_rates[DiskCounter::kRdBytes]);
  json["disk_write_rate"] = OrNull(derived.disk_total_rates[DiskCounter::kWrBytes]);
  json["network_rx_rate"] = OrNull(derived.nic_total_rates[NicCounter::kRxBytes]);
  json["network_tx_rate"] = OrNull(derived.nic_total_rates[NicCounter::kTxBytes]);
  return json;
}

// The body of an answer, a VM at a time: of 5,000 VMs the whole text would be megabytes for each client.
class VmStream {
 public:
  using Describe = Json (*)(const ShownVm&);
  VmStream(std::string head, std::vector<ShownVm> vms, Describe describe)
      : part_(std::move(head)), vms_(std::move(vms)), describe_(describe) {}

  std::size_t Read(char* buffer, std::size_t size) {
    if (sent_ == part_.size() && !Next()) return 0;
    const std::size_t count = part_.copy(buffer, size, sent_);
    sent_ += count;
    return count;
  }

 private:
  bool Next() {
    if (ended_) return false;
    sent_ = 0;
    ended_ = next_ == vms_.size();
    part_ = ended_ ? "]}\n" : (next_ == 0 ? "\n" : ",\n") + describe_(vms_[next_]).dump();
    if (!ended_) ++next_;
    return true;
  }

  std::string part_;
  std::vector<ShownVm> vms_;
  Describe describe_;
  std::size_t next_ = 0, sent_ = 0;
  bool ended_ = false;
};

int StatusOf(const Error& error) { return error.code == ErrorCode::kNotFound ? 404 : 400; }

// `head` is what stands between the count and the list of VMs: "" or members, each with a comma behind it.
HttpResponse ListOf(const std::vector<HostStatus>& hosts, const HttpRequest& request, const std::string& head,
                    VmStream::Describe describe) {
  auto vms =
      ParseVmSelection(request).and_then([&](const VmSelection& selection) { return SelectVms(hosts, selection); });
  if (!vms) return HttpError(StatusOf(vms.error()), vms.error().message);
  std::string begin = fmt::format(R"({{"count":{},{}"vms":[)", vms->size(), head);
  auto stream = std::make_shared<VmStream>(std::move(begin), std::move(*vms), describe);
  HttpResponse response;
  response.source = [stream](char* buffer, std::size_t size) { return stream->Read(buffer, size); };
  return response;
}

}  // namespace

HttpResponse VmsView(const std::vector<HostStatus>& hosts, const HttpRequest& request) {
  return ListOf(hosts, request, "", InFull);
}

HttpResponse LiveVmsView(const std::vector<HostStatus>& hosts, const HttpRequest& request) {
  return ListOf(hosts, request, R"("source":"libvirt",)", Basics);
}

HttpResponse VmTelemetryView(const std::vector<HostStatus>& hosts, const HttpRequest& request, std::int64_t now_ns) {
  return ListOf(hosts, request, fmt::format(R"("timestamp":"{}",)", IsoTime(now_ns)), Telemetry);
}

}  // namespace vmtelem
