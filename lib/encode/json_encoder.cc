#include <utility>

#include <nlohmann/json.hpp>

#include "encode/names.h"
#include "encode/text_encoders.h"
#include "encode/walk.h"

namespace vmtelem {
namespace {

using Json = nlohmann::ordered_json;

struct JsonSeries {
  Measurement measurement;
  Json tags;
};

class JsonWriter {
 public:
  void Begin(const JsonSeries& series, std::int64_t wall_ns) {
    line_ = Json{{"measurement", kMeasurementNames[series.measurement]},
                 {"tags", series.tags},
                 {"fields", Json::object()},
                 {"time_ns", wall_ns}};
  }
  void Integer(const FieldName& name, std::int64_t value) { SetField(name, value); }
  void Float(const FieldName& name, double value) { SetField(name, value); }
  void Flag(const FieldName& name, bool value) { SetField(name, value); }
  void End() {
    if (!line_["fields"].empty()) text_.append(line_.dump()).push_back('\n');
  }
  std::string Take() { return std::move(text_); }

 private:
  template <class Value>
  void SetField(const FieldName& name, Value value) {
    line_["fields"].emplace(name.name(), value);
  }

  Json line_ = Json::object();
  std::string text_;
};

void AddTag(Json& tags, const char* key, std::string_view value) {
  if (!value.empty()) tags[key] = RepairName(value);
}

class JsonDomainSeries {
 public:
  JsonDomainSeries(const std::string& host, const DomainStats& domain) : host_(host), domain_(domain) {}

  [[nodiscard]] JsonSeries Of(Measurement measurement, std::size_t position) const {
    JsonSeries series{measurement, Json::object()};
    AddTag(series.tags, "host", host_);
    AddTag(series.tags, "vm", domain_.name);
    AddTag(series.tags, "uuid", domain_.uuid);
    if (measurement == Measurement::kNic) AddTag(series.tags, "device", domain_.nics[position].device);
    if (measurement == Measurement::kDisk) AddTag(series.tags, "device", domain_.disks[position].device);
    if (measurement == Measurement::kVcpu) {
      AddTag(series.tags, "vcpu", std::to_string(domain_.vcpu_stats[position].index));
    }
    return series;
  }

 private:
  const std::string& host_;
  const DomainStats& domain_;
};

}  // namespace

std::string JsonLines(const Snapshot& snapshot, const std::vector<DomainDerived>& derived, const CycleTimings& timings,
                      const EncodeOptions& options) {
  JsonWriter writer;
  for (std::size_t i = 0; i < snapshot.domains.size(); ++i) {
    const DomainStats& domain = snapshot.domains[i];
    const JsonDomainSeries series(snapshot.host, domain);
    DomainWalk(writer, series, WallNs(snapshot, domain)).Write(domain, DerivedAt(derived, i), options);
  }
  JsonSeries host{Measurement::kHost, Json::object()};
  AddTag(host.tags, "host", snapshot.host);
  writer.Begin(host, snapshot.stamp.wall_ns);
  WriteHost(writer, snapshot, timings);
  writer.End();
  return writer.Take();
}

}  // namespace vmtelem
