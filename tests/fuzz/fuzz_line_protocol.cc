#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "encode/influx_encoder.h"
#include "encode/names.h"
#include "encode/text_encoders.h"
#include "fakes/line_protocol_parser.h"
#include "fakes/null_logger.h"

// Any bytes as names and values of a snapshot: what is encoded must be read back as it went in, by a parser that takes
// only what every database takes.
namespace vmtelem {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

// Takes values off the input; zeros when it is used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint64_t Number() {
    std::uint64_t number = 0;
    std::memcpy(&number, rest_.data(), std::min(rest_.size(), sizeof number));
    rest_.remove_prefix(std::min(rest_.size(), sizeof number));
    return number;
  }
  double Double() { return std::bit_cast<double>(Number()); }
  Counter MaybeNumber() { return Flag() ? Counter(Number()) : std::nullopt; }
  std::optional<double> MaybeDouble() { return Flag() ? std::optional(Double()) : std::nullopt; }
  std::string Name() {
    const std::size_t size = std::min<std::size_t>(rest_.size(), std::size_t{Byte()} % 64 * (Flag() ? 8 : 1));
    std::string name(rest_.substr(0, size));
    rest_.remove_prefix(name.size());
    return name;
  }
  bool Flag() { return (Byte() & 1) != 0; }

 private:
  std::uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return byte;
  }

  std::string_view rest_;
};

DomainStats TakeDomain(Input& input) {
  DomainStats domain;
  domain.name = input.Name();
  domain.uuid = input.Name();
  domain.stamp.wall_ns = static_cast<std::int64_t>(input.Number());
  domain.state = static_cast<int>(input.Number());
  domain.memory_updated_s = input.MaybeNumber();
  domain.monitor_blocked_s = input.MaybeDouble();
  for (Counter& value : domain.memory) value = input.MaybeNumber();
  domain.nics = {{input.Name(), {}}};
  for (Counter& value : domain.nics[0].counters) value = input.MaybeNumber();
  domain.disks = {{input.Name(), {}, {}}};
  for (Counter& value : domain.disks[0].counters) value = input.MaybeNumber();
  return domain;
}

DomainDerived TakeDerived(Input& input) {
  DomainDerived derived;
  derived.has_features = true;
  for (Counter& value : derived.nic_totals) value = input.MaybeNumber();
  for (Rate& rate : derived.nic_total_rates) rate = input.MaybeDouble();
  derived.nic_rates.resize(1);
  for (Rate& rate : derived.nic_rates[0]) rate = input.MaybeDouble();
  return derived;
}

void RequireTag(const ParsedLine& line, std::string_view key, const std::string& name) {
  Require(line.Tag(key) == (name.empty() ? std::nullopt : std::optional(RepairName(name))));
}

void RequireInteger(const ParsedLine& line, const std::string& field, const Counter& value) {
  const bool fits = value && std::in_range<std::int64_t>(*value);
  Require(line.Field(field) == (fits ? std::optional<FieldValue>(static_cast<std::int64_t>(*value)) : std::nullopt));
}

void RequireFloat(const ParsedLine& line, const std::string& field, const std::optional<double>& value) {
  const bool finite = value && std::isfinite(*value);
  Require(line.Field(field) == (finite ? std::optional<FieldValue>(*value) : std::nullopt));
}

void CheckTotals(const ParsedLine& line, const DomainStats& domain, const DomainDerived& derived) {
  RequireFloat(line, "monitor_blocked_s", domain.monitor_blocked_s);
  for (std::size_t i = 0; i < domain.memory.size(); ++i) {
    RequireInteger(line, "mem_" + std::string(kMemoryValueNames[i]), domain.memory[i]);
  }
  for (std::size_t i = 0; i < derived.nic_totals.size(); ++i) {
    RequireInteger(line, "net_" + std::string(kNicCounterNames[i]), derived.nic_totals[i]);
  }
}

void CheckNic(const ParsedLine& line, const NicStats& nic, const EnumArray<NicCounter, Rate>& rates) {
  RequireTag(line, "device", nic.device);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    RequireInteger(line, std::string(kNicCounterNames[i]), nic.counters[i]);
    RequireFloat(line, std::string(kNicCounterNames[i]) + "_rate", rates[i]);
  }
}

void CheckDisk(const ParsedLine& line, const DiskStats& disk) {
  RequireTag(line, "device", disk.device);
  for (std::size_t i = 0; i < disk.counters.size(); ++i) {
    RequireInteger(line, std::string(kDiskCounterNames[i]), disk.counters[i]);
  }
}

void CheckFeatures(const ParsedLine& line, const DomainDerived& derived) {
  for (std::size_t i = 0; i < derived.nic_total_rates.size(); ++i) {
    const std::string name = "net_" + std::string(kNicCounterNames[i]);
    RequireFloat(line, name + "_rate", derived.nic_total_rates[i]);
    const auto angle = line.Field(name + "_angle_deg");
    Require(!angle || std::abs(std::get<double>(*angle)) < 90);
  }
}

void CheckLine(const ParsedLine& line, const Snapshot& snapshot, const DomainDerived& derived) {
  const DomainStats& domain = snapshot.domains[0];
  RequireTag(line, "host", snapshot.host);
  RequireTag(line, "vm", domain.name);
  RequireTag(line, "uuid", domain.uuid);
  Require(line.time_ns == domain.stamp.wall_ns || domain.stamp.wall_ns == 0);
  if (line.measurement == "vm_totals") CheckTotals(line, domain, derived);
  if (line.measurement == "vm_nic") CheckNic(line, domain.nics[0], derived.nic_rates[0]);
  if (line.measurement == "vm_disk") CheckDisk(line, domain.disks[0]);
  if (line.measurement == "vm_features") CheckFeatures(line, derived);
}

void Check(Input input) {
  Snapshot snapshot;
  snapshot.up = true;
  snapshot.host = input.Name();
  snapshot.domains = {TakeDomain(input)};
  const std::vector<DomainDerived> derived{TakeDerived(input)};
  Lines lines;
  InfluxEncoder({}, MakeNullLogger()).AppendDomains(snapshot, derived, lines);
  const ParsedLines parsed = LineProtocolParser::Parse(lines.bytes);
  Require(parsed.ok());
  Require(parsed.lines.size() == lines.count);
  for (const ParsedLine& line : parsed.lines) CheckLine(line, snapshot, derived[0]);
  // Of the other two only that they cope with it.
  JsonLines(snapshot, derived, {}, {});
  PrometheusText(std::array{static_cast<const Snapshot*>(&snapshot)});
}

}  // namespace
}  // namespace vmtelem

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vmtelem::Check({data, size});
  return 0;
}
