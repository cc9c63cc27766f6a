#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "encode/text_encoders.h"
#include "samples.h"

namespace vmtelem {
namespace {

using Json = nlohmann::json;

std::vector<Json> Parse(const std::string& text) {
  std::vector<Json> objects;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) objects.push_back(Json::parse(line));
  return objects;
}

Json FieldAsJson(const FieldValue& value) {
  return std::visit([](auto v) { return Json(v); }, value);
}

TEST_CASE("a line as a JSON object") {
  DomainStats domain;
  domain.name = "say \"hi\"\n";
  domain.uuid = "u";
  domain.stamp.wall_ns = kSampleNs;
  domain.nics = {{"vnet0", {}}};
  domain.nics[0].counters[NicCounter::kRxBytes] = 5;
  DomainDerived derived;
  derived.nic_rates.resize(1);
  derived.nic_rates[0][NicCounter::kRxBytes] = 2;
  const std::string text = JsonLines(SnapshotOf({domain}), {derived}, {}, {});
  CHECK(text.substr(0, text.find('\n')) ==
        R"({"measurement":"vm_nic","tags":{"host":"hv1","vm":"say \"hi\"_","uuid":"u","device":"vnet0"},)"
        R"("fields":{"rx_bytes":5,"rx_bytes_rate":2.0},"time_ns":1700000000250000000})");
}

TEST_CASE("JSON has the lines, tags, fields and types of line protocol") {
  DomainStats awkward = FullDomain();
  awkward.name = "a,b=c \\d\xff\t";
  awkward.uuid = "other";
  const Snapshot snapshot = SnapshotOf({FullDomain(), awkward, DomainStats{}, SetAside("aside")});
  const std::vector<DomainDerived> derived{FullDerived(), FullDerived(), {}, {}};
  const EncodeOptions options{.per_vcpu = GENERATE(true, false)};

  InfluxEncoder encoder(options, MakeNullLogger());
  Lines lines;
  encoder.AppendDomains(snapshot, derived, lines);
  encoder.AppendHost(snapshot, SampleTimings(), lines);
  const auto expected = LineProtocolParser::Parse(lines.bytes).lines;
  const auto objects = Parse(JsonLines(snapshot, derived, SampleTimings(), options));

  REQUIRE(objects.size() == expected.size());
  for (std::size_t i = 0; i < objects.size(); ++i) {
    CHECK(objects[i]["measurement"] == expected[i].measurement);
    CHECK(objects[i]["time_ns"] == expected[i].time_ns);
    CHECK(objects[i]["tags"].size() == expected[i].tags.size());
    for (const auto& [key, value] : expected[i].tags) CHECK(objects[i]["tags"][key] == value);
    CHECK(objects[i]["fields"].size() == expected[i].fields.size());
    for (const auto& [key, value] : expected[i].fields) {
      CAPTURE(key);
      CHECK(objects[i]["fields"][key] == FieldAsJson(value));
      CHECK(objects[i]["fields"][key].is_number_float() == std::holds_alternative<double>(value));
    }
  }
}

TEST_CASE("a VM that was set aside has a JSON object of just its monitor") {
  const std::string text = JsonLines(SnapshotOf({SetAside("a")}), {{}}, {}, {.per_vcpu = true});
  CHECK(text.substr(0, text.find('\n')) ==
        R"({"measurement":"vm_totals","tags":{"host":"hv1","vm":"a","uuid":"11111111-2222-3333-4444-555555555555"},)"
        R"("fields":{"monitor_ok":false,"monitor_blocked_s":12.0},"time_ns":1700000000249000000})");
  CHECK(Parse(text).size() == 2);  // and that of the hypervisor
}

TEST_CASE("a hypervisor without VMs gives one JSON object") {
  const auto objects = Parse(JsonLines(SnapshotOf({}), {}, {}, {}));
  REQUIRE(objects.size() == 1);
  CHECK(objects[0]["measurement"] == "vmtelem");
  CHECK(objects[0]["fields"]["vms"] == 0);
}

}  // namespace
}  // namespace vmtelem
