#include "config/settings.h"

#include <set>

#include <catch2/catch.hpp>

#include "config/parsers.h"

namespace vmtelem {
namespace {

const Setting& Row(std::string_view variable) {
  const Setting* row = FindSettingByVariable(variable);
  REQUIRE(row != nullptr);
  return *row;
}

Problem ProblemOf(std::string_view variable, std::string_view text) {
  Config config;
  return Row(variable).parse(Row(variable), text, config);
}

Config Parsed(std::string_view variable, std::string_view text) {
  Config config;
  CAPTURE(variable, text);
  CHECK_FALSE(Row(variable).parse(Row(variable), text, config));
  return config;
}

}  // namespace

TEST_CASE("every default of the table is accepted by its own parser") {
  for (const Setting& setting : Settings()) {
    CAPTURE(setting.variable);
    Config config;
    if (!setting.default_text.empty()) CHECK_FALSE(setting.parse(setting, setting.default_text, config));
  }
}

TEST_CASE("names in the table are unique and well-formed") {
  std::set<std::string_view> variables;
  std::set<std::string_view> flags;
  for (const Setting& setting : Settings()) {
    CAPTURE(setting.variable);
    CHECK(variables.insert(setting.variable).second);
    CHECK_FALSE(setting.help.empty());
    CHECK(setting.parse != nullptr);
    if (setting.flag.empty()) continue;
    CHECK(flags.insert(setting.flag).second);
    CHECK(setting.flag.substr(0, 2) == "--");
    CHECK(setting.flag.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos);
  }
}

TEST_CASE("a secret has no flag") {
  for (const Setting& setting : Settings()) {
    if (setting.secrecy == Secrecy::kSecret) CHECK(setting.flag.empty());
  }
}

TEST_CASE("what is required has an example for the message that it is missing") {
  for (const Setting& setting : Settings()) {
    CAPTURE(setting.variable);
    if (setting.needed_for != kNeedsNothing) CHECK_FALSE(setting.example.empty());
  }
}

TEST_CASE("a range includes its ends and nothing beyond") {
  struct Range {
    const char* variable;
    const char *below, *least, *most, *above;
  };
  const auto range = GENERATE(
      Range{"POLL_INTERVAL", "0.09", "0.1", "3600", "3601"}, Range{"LIBVIRT_TIMEOUT", "99ms", "100ms", "1h", "61m"},
      Range{"INFLUX_TIMEOUT", "99ms", "100ms", "1h", "61m"}, Range{"DEVICE_CACHE_TTL", "999ms", "1", "24h", "25h"},
      Range{"BATCH_MAX_LINES", "0", "1", "10000", "10001"}, Range{"BATCH_MAX_SEC", "9ms", "0.01", "600", "601"},
      Range{"WRITES_IN_FLIGHT", "0", "1", "16", "17"}, Range{"QUEUE_MAX_BYTES", "1023KiB", "1MiB", "16GiB", "17GiB"},
      Range{"LANES", "0", "1", "16", "17"}, Range{"LANES_PARKED_MAX", "0", "1", "16", "17"},
      Range{"SPOOL_MAX_BYTES", "1023KiB", "1MiB", "1024TiB", "1025TiB"},
      Range{"BACKLOG_RATE", "0x", "1x", "10000x", "10001x"}, Range{"RETRY_MAX", "99ms", "100ms", "1h", "61m"},
      Range{"DRAIN_TIMEOUT", "-1", "0", "1h", "61m"});
  CAPTURE(range.variable);
  CHECK(ProblemOf(range.variable, range.below));
  CHECK_FALSE(ProblemOf(range.variable, range.least));
  CHECK_FALSE(ProblemOf(range.variable, range.most));
  CHECK(ProblemOf(range.variable, range.above));
  CHECK(ProblemOf(range.variable, "x") == "is not understood");
  CHECK(ProblemOf(range.variable, std::string(400, '9') + range.above) == "is out of range");
}

TEST_CASE("each word of a choice is accepted and others are not") {
  CHECK(Parsed("INFLUX_API", "v1").influx.api == InfluxApi::kV1);
  CHECK(Parsed("INFLUX_API", "v2").influx.api == InfluxApi::kV2);
  CHECK(Parsed("INFLUX_API", "v3").influx.api == InfluxApi::kV3);
  CHECK(Parsed("LOG_LEVEL", "trace").log_level == LogLevel::kTrace);
  CHECK(Parsed("LOG_FORMAT", "auto").log_format == std::nullopt);
  CHECK(Parsed("LOG_FORMAT", "json").log_format == LogFormat::kJson);
  CHECK(Parsed("NO_COLOR", "always").color == ColorChoice::kAlways);
  CHECK(ProblemOf("INFLUX_API", "v4") == "is unknown");
  CHECK(ProblemOf("LOG_LEVEL", "WARN") == "is unknown");
}

TEST_CASE("a hypervisor is a URI with or without a name") {
  struct Form {
    const char *text, *name, *uri;
  };
  const auto form = GENERATE(Form{"qemu:///system", "", "qemu:///system"},
                             Form{"alpha=qemu+ssh://u@h/system", "alpha", "qemu+ssh://u@h/system"},
                             Form{"qemu://h/system?no_verify=1", "", "qemu://h/system?no_verify=1"},
                             Form{"a=qemu+ssh://h/s?keyfile=/x", "a", "qemu+ssh://h/s?keyfile=/x"},
                             Form{"b\u00fcro#2=test:///x", "b\u00fcro#2", "test:///x"});
  Hypervisor hypervisor;
  CAPTURE(form.text);
  CHECK_FALSE(ParseHypervisor(form.text, hypervisor));
  CHECK(hypervisor.name == form.name);
  CHECK(hypervisor.uri == form.uri);
}

TEST_CASE("what is no hypervisor is refused") {
  Hypervisor hypervisor;
  CHECK(ParseHypervisor("a:///x b:///y", hypervisor) == "holds white space, which is %20 in a URI");
  CHECK(ParseHypervisor("nonsense", hypervisor) == "is not a URI such as qemu:///system");
  CHECK(ParseHypervisor("=qemu:///system", hypervisor) == "has an empty name before '='");
  CHECK(ParseHypervisor("name=", hypervisor) == "is not a URI such as qemu:///system");
  CHECK(ParseHypervisor("a/b=test:///x", hypervisor) == "is not a URI such as qemu:///system");
  CHECK(ParseHypervisor("b\xFC=test:///x", hypervisor) == "has a name that is not UTF-8");
  CHECK(ParseHypervisor("a\x01=test:///x", hypervisor) == "holds a control character");
}

TEST_CASE("the name of a hypervisor is as long as a host's may be") {
  Hypervisor hypervisor;
  CHECK_FALSE(ParseHypervisor(std::string(253, 'n') + "=test:///x", hypervisor));
  CHECK(ParseHypervisor(std::string(254, 'n') + "=test:///x", hypervisor) == "has a name of more than 253 bytes");
}

TEST_CASE("a shard is one of so many") {
  CHECK(Parsed("SHARD", "1/1").shard.count == 1);
  CHECK(Parsed("SHARD", "3/8").shard.index == 3);
  CHECK(Parsed("SHARD", "1000/1000").shard.count == 1000);
  for (const char* text : {"0/1", "2/1", "1/0", "1/1001", "1/99999999999999999999"}) {
    CHECK(ProblemOf("SHARD", text) == "is out of range");
  }
  for (const char* text : {"", "1", "/", "1/", "/2", "1/2/3", "-1/2", "a/b", "1 / 2"}) {
    CHECK(ProblemOf("SHARD", text) == "is not understood");
  }
}

TEST_CASE("patterns are separated by commas that are not escaped") {
  CHECK(Parsed("VM_INCLUDE", "web 01, db:main,,guest=1\\,x").collect.filter.include ==
        std::vector<std::string>{"web 01", "db:main", "guest=1,x"});
  CHECK(Parsed("VM_EXCLUDE", "a*").collect.filter.exclude == std::vector<std::string>{"a*"});
}

TEST_CASE("groups are a subset of the known ones") {
  CHECK(Parsed("STATS_GROUPS", "state, block").collect.groups == (kGroupState | kGroupBlock));
  CHECK(Parsed("STATS_GROUPS", Row("STATS_GROUPS").default_text).collect.groups == kAllGroups);
  CHECK_THAT(*ProblemOf("STATS_GROUPS", "state,perf"), Catch::Contains("'perf'"));
  CHECK(ProblemOf("STATS_GROUPS", ",") == "names no group");
}

TEST_CASE("lanes are a number, or none for as many as it takes") {
  Config config = Parsed("LANES", "3");
  CHECK(config.collect.lanes == 3);
  CHECK_FALSE(Row("LANES").parse(Row("LANES"), "adaptive", config));
  CHECK(config.collect.lanes == 0);
  CHECK(Parsed("LANES_PARKED_MAX", "2").collect.lanes_parked_max == 2);
}

TEST_CASE("the spool's size is a number, or none for what the file system gives") {
  Config config = Parsed("SPOOL_MAX_BYTES", "3MiB");
  CHECK(config.delivery.spool_max_bytes == 3U << 20U);
  CHECK_FALSE(Row("SPOOL_MAX_BYTES").parse(Row("SPOOL_MAX_BYTES"), "auto", config));
  CHECK(config.delivery.spool_max_bytes == 0);
}

TEST_CASE("the pace of the backlog is a multiple") {
  CHECK(Parsed("BACKLOG_RATE", "25x").delivery.backlog_rate == 25);
  CHECK(Parsed("BACKLOG_RATE", "25").delivery.backlog_rate == 25);
  CHECK(ProblemOf("BACKLOG_RATE", "2.5x"));
}

TEST_CASE("switches understand the usual words") {
  CHECK(Parsed("PER_VCPU", "1").encode.per_vcpu);
  CHECK_FALSE(Parsed("INFLUX_GZIP", "off").influx.gzip);
  CHECK(ProblemOf("INFLUX_GZIP", "maybe"));
}

}  // namespace vmtelem
