#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "encode/prometheus_families.h"
#include "encode/text_encoders.h"

namespace vmtelem {
namespace {

using prometheus::DeviceFamily;
using prometheus::DomainFamily;
using prometheus::Family;
using prometheus::Unit;

void AppendLabel(std::string& labels, std::string_view key, std::string_view value) {
  labels.append(labels.empty() ? "" : ",").append(key).append("=\"");
  for (const char c : RepairUtf8(value)) {
    if (c == '\\' || c == '"') labels.push_back('\\');
    labels.append(c == '\n' ? "\\n" : std::string_view(&c, 1));
  }
  labels.push_back('"');
}

// Writes families one after the other; one without a sample is not mentioned.
class Exposition {
 public:
  void Begin(const Family& family) {
    family_ = family;
    announced_ = false;
  }

  template <class Number>
  void Sample(std::string_view labels, Number value) {
    if (!std::exchange(announced_, true)) Announce();
    std::array<char, 32> number{};
    char* end = std::to_chars(number.data(), number.data() + number.size(), value).ptr;
    text_.append(family_.name);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(number.data(), end).append("\n");
  }

  std::string Take() { return std::move(text_); }

 private:
  void Announce() {
    text_.append("# HELP ").append(family_.name).append(" ").append(family_.help).append("\n");
    text_.append("# TYPE ").append(family_.name).append(" ").append(family_.type).append("\n");
  }

  Family family_{};
  bool announced_ = false;
  std::string text_;
};

// A value that no exporter would count up to is a sentinel of the hypervisor.
void WriteSample(Exposition& out, std::string_view labels, const Counter& value, Unit unit) {
  if (!value || !std::in_range<std::int64_t>(*value)) return;
  if (unit == Unit::kNanoseconds) {
    out.Sample(labels, static_cast<double>(*value) / 1e9);
  } else {
    out.Sample(labels, *value);
  }
}

std::string DomainLabels(const DomainStats& domain) {
  std::string labels;
  AppendLabel(labels, "domain", domain.name);
  AppendLabel(labels, "uuid", domain.uuid);
  return labels;
}

// The VMs of a snapshot with their labels.
struct LabelledDomains {
  const std::vector<DomainStats>& domains;
  std::vector<std::string> labels;  // parallel to `domains`
};

LabelledDomains Label(const Snapshot& snapshot) {
  LabelledDomains labelled{snapshot.domains, {}};
  for (const DomainStats& domain : snapshot.domains) labelled.labels.push_back(DomainLabels(domain));
  return labelled;
}

void WriteDomainFamily(Exposition& out, const DomainFamily& family, const LabelledDomains& labelled) {
  out.Begin(family.family);
  for (std::size_t i = 0; i < labelled.domains.size(); ++i) {
    WriteSample(out, labelled.labels[i], family.value(labelled.domains[i]), family.unit);
  }
}

template <class Enum, class Device>
void WriteDeviceFamily(Exposition& out, const DeviceFamily<Enum>& family, const LabelledDomains& labelled,
                       std::vector<Device> DomainStats::*devices) {
  out.Begin(family.family);
  for (std::size_t i = 0; i < labelled.domains.size(); ++i) {
    for (const Device& device : labelled.domains[i].*devices) {
      std::string labels = labelled.labels[i];
      AppendLabel(labels, "target_device", device.device);
      WriteSample(out, labels, device.counters[family.counter], family.unit);
    }
  }
}

void WriteHypervisor(Exposition& out, const Snapshot& snapshot) {
  out.Begin({"libvirt_up", "gauge", "Whether the hypervisor answered."});
  out.Sample({}, snapshot.up ? 1 : 0);
  out.Begin({"libvirt_domains", "gauge", "VMs that are known to run."});
  if (snapshot.up) out.Sample({}, snapshot.domains.size());
}

void WriteBuild(Exposition& out, const BuildInfo& build) {
  std::string labels;
  AppendLabel(labels, "version", build.version);
  AppendLabel(labels, "revision", build.revision);
  out.Begin({"vmtelem_build_info", "gauge", "Version of vmtelem."});
  out.Sample(labels, 1);
}

}  // namespace

std::string PrometheusText(const Snapshot& snapshot, const std::vector<DomainDerived>& /*derived*/,
                           const BuildInfo& build) {
  Exposition out;
  const LabelledDomains labelled = Label(snapshot);
  WriteHypervisor(out, snapshot);
  for (const DomainFamily& family : prometheus::kDomainFamilies) WriteDomainFamily(out, family, labelled);
  for (const auto& family : prometheus::kDiskFamilies) WriteDeviceFamily(out, family, labelled, &DomainStats::disks);
  for (const auto& family : prometheus::kNicFamilies) WriteDeviceFamily(out, family, labelled, &DomainStats::nics);
  WriteBuild(out, build);
  return out.Take();
}

}  // namespace vmtelem
