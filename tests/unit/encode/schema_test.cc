#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "samples.h"

// The fields that there are, their types, and that a field has the same type wherever it stands.
namespace vmtelem {
namespace {

std::vector<ParsedLine> AllLines() {
  InfluxEncoder encoder({.per_vcpu = true}, MakeNullLogger());
  const Snapshot snapshot = SnapshotOf({FullDomain()});
  AgentReport report;
  report.write_latency = std::chrono::seconds(1);
  Lines lines;
  encoder.AppendDomains(snapshot, {FullDerived()}, lines);
  encoder.AppendHost(snapshot, SampleTimings(), lines);
  encoder.AppendAgent("a", snapshot.stamp, report, lines);
  const auto parsed = LineProtocolParser::Parse(lines.bytes);
  REQUIRE(parsed.error.empty());
  return parsed.lines;
}

constexpr std::size_t kInteger = 0, kFloat = 1, kFlag = 2;  // as FieldValue lists them

// By the units in their names: what measures, relates or ages is a float; what is said to be so or not is a flag.
std::size_t TypeByName(std::string_view field) {
  const auto ends = [&](std::string_view suffix) { return field.ends_with(suffix); };
  if (field == "monitor_ok" || field == "halted" || field == "up" || field == "paused") return kFlag;
  if (ends("_rate") || ends("_angle_deg") || ends("_percent") || ends("_s") || ends("_ms")) return kFloat;
  return kInteger;
}

TEST_CASE("every field has the type that its name promises, in every line") {
  for (const ParsedLine& line : AllLines()) {
    for (const auto& [name, value] : line.fields) {
      CAPTURE(line.measurement, name);
      CHECK(value.index() == TypeByName(name));
    }
  }
}

TEST_CASE("a whole number of a float field is still written as a float") {
  DomainDerived derived = FullDerived();
  derived.cpu_percent = 100;
  const ParsedLine line = ParsedDomain(FullDomain(), derived).back();
  REQUIRE(line.measurement == "vm_features");
  CHECK(line.Field("cpu_percent") == FieldValue(100.0));
}

TEST_CASE("the measurements have the tags of the schema in its order") {
  const std::map<std::string, std::vector<std::string>> expected{{"vm_totals", {"host", "vm", "uuid"}},
                                                                 {"vm_nic", {"host", "vm", "uuid", "device"}},
                                                                 {"vm_disk", {"host", "vm", "uuid", "device"}},
                                                                 {"vm_vcpu", {"host", "vm", "uuid", "vcpu"}},
                                                                 {"vm_features", {"host", "vm", "uuid"}},
                                                                 {"vmtelem", {"host"}},
                                                                 {"vmtelem_agent", {"agent"}}};
  std::map<std::string, std::vector<std::string>> found;
  for (const ParsedLine& line : AllLines()) {
    for (const auto& [key, value] : line.tags) found[line.measurement].push_back(key);
  }
  CHECK(found == expected);
}

TEST_CASE("no field has the name of a tag") {
  const std::set<std::string> tags{"host", "vm", "uuid", "device", "vcpu", "agent", "time"};
  for (const ParsedLine& line : AllLines()) {
    for (const auto& [name, value] : line.fields) CHECK(tags.count(name) == 0);
  }
}

TEST_CASE("the measurements have as many fields as the schema lists") {
  std::map<std::string, std::size_t> found;
  for (const ParsedLine& line : AllLines()) found[line.measurement] = line.fields.size();
  CHECK(found == std::map<std::string, std::size_t>{{"vm_totals", 44},
                                                    {"vm_nic", 16},
                                                    {"vm_disk", 16},
                                                    {"vm_vcpu", 7},
                                                    {"vm_features", 31},
                                                    {"vmtelem", 12},
                                                    {"vmtelem_agent", 19}});
}

}  // namespace
}  // namespace vmtelem
