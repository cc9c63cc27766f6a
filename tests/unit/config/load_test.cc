#include "config/load.h"

#include <catch2/catch.hpp>

#include "config_fixture.h"

namespace vmtelem {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

TEST_CASE("without anything given the defaults are in force") {
  Inputs inputs;
  const LoadedConfig loaded = inputs.Load();
  CHECK(Texts(loaded.faults).empty());
  CHECK(loaded.config.interval == 1s);
  CHECK(loaded.config.delivery.batch_max_lines == 2000);
  CHECK(loaded.config.delivery.batch_max_age == 1s);
  CHECK(loaded.config.delivery.writes_in_flight == 16);
  CHECK(loaded.config.delivery.queue_max_bytes == 64ULL << 20);
  CHECK(loaded.config.delivery.retry_max == 10s);
  CHECK(loaded.config.delivery.drain_timeout == 15s);
  CHECK(loaded.config.collect.timeout == 30s);
  CHECK(loaded.config.collect.lanes == 0);
  CHECK(loaded.config.collect.lanes_parked_max == 8);
  CHECK(loaded.config.collect.device_cache_ttl == 300s);
  CHECK(loaded.config.influx.gzip);
  CHECK_FALSE(loaded.config.log_level);
  CHECK(Effective(loaded, "POLL_INTERVAL").origin == "default");
  CHECK(Effective(loaded, "INFLUX_URL").origin == "not set");
}

TEST_CASE("a flag beats the environment, which beats an env-file, which beats the default") {
  const ScopedDirectory directory;
  const std::string file = directory.Write("env", "# c\nPOLL_INTERVAL=7\n");
  Inputs inputs;
  inputs.input.env_files = {file};
  CHECK(inputs.Load().config.interval == 7s);
  CHECK(Effective(inputs.Load(), "POLL_INTERVAL").origin == file + ":2");
  inputs.Set("POLL_INTERVAL", "9");
  CHECK(inputs.Load().config.interval == 9s);
  CHECK(Effective(inputs.Load(), "POLL_INTERVAL").origin == "environment");
  inputs.Flag("--interval", "11");
  CHECK(inputs.Load().config.interval == 11s);
  CHECK(Effective(inputs.Load(), "POLL_INTERVAL").origin == "--interval");
}

TEST_CASE("of several env-files the later wins, and of several lines the later") {
  const ScopedDirectory directory;
  Inputs inputs;
  inputs.input.env_files = {directory.Write("a", "POLL_INTERVAL=2\nRETRY_MAX=2\n"),
                            directory.Write("b", "POLL_INTERVAL=3\nPOLL_INTERVAL=4\n")};
  const LoadedConfig loaded = inputs.Load();
  CHECK(loaded.config.interval == 4s);
  CHECK(loaded.config.delivery.retry_max == 2s);
}

TEST_CASE("an empty value counts as not given") {
  const ScopedDirectory directory;
  Inputs inputs;
  inputs.input.env_files = {directory.Write("a", "POLL_INTERVAL=7\n"), directory.Write("b", "POLL_INTERVAL=\n")};
  inputs.Set("POLL_INTERVAL", "");
  CHECK(inputs.Load().config.interval == 7s);
}

TEST_CASE("of a flag that is given twice the last counts, and patterns add up") {
  Inputs inputs;
  inputs.Flag("--interval", "2").Flag("--interval", "3").Flag("--vm", "a,b").Flag("--vm", "c");
  const LoadedConfig loaded = inputs.Load();
  CHECK(loaded.config.interval == 3s);
  CHECK(loaded.config.collect.filter.include == Strings{"a,b", "c"});
}

TEST_CASE("a pattern given by flag replaces those of the environment") {
  Inputs inputs;
  inputs.Set("VM_INCLUDE", "x").Flag("--vm", "a");
  CHECK(inputs.Load().config.collect.filter.include == Strings{"a"});
}

TEST_CASE("all faults are reported in one go, each with its source") {
  const ScopedDirectory directory;
  const std::string file = directory.Write("env", "RETRY_MAX=never\nbroken\n");
  Inputs inputs = ForRun();
  inputs.input.env_files = {file, "/nonexistent/env"};
  inputs.Set("POLL_INTERVAL", "0").Set("INFLUX_TOKEN", "x").Set("INFLUX_DB", "d").Flag("--log-format", "jsn");
  CHECK(Texts(inputs.Load().faults) ==
        Strings{"--env-file: " + file + ":2: no '=' on this line",
                "--env-file: cannot read /nonexistent/env: No such file or directory",
                "LIBVIRT_URI is not set; for example qemu:///system or qemu+ssh://user@host/system",
                "INFLUX_URL is not set; for example http://127.0.0.1:8181",
                "POLL_INTERVAL: '0' is out of range; allowed 0.1s to 1h (environment)",
                "RETRY_MAX: 'never' is not understood; allowed 0.1s to 1h (" + file + ":1)",
                "--log-format: 'jsn' is unknown; allowed auto, text, logfmt, json; did you mean 'json'?"});
}

TEST_CASE("a fault knows whether it came from the command line") {
  Inputs inputs;
  inputs.Set("POLL_INTERVAL", "0").Flag("--log-format", "x");
  const auto faults = inputs.Load().faults;
  REQUIRE(faults.size() == 2);
  CHECK_FALSE(faults[0].from_argument);
  CHECK(faults[1].from_argument);
}

TEST_CASE("a value that a better layer replaces is not judged") {
  Inputs inputs;
  inputs.Set("POLL_INTERVAL", "0").Flag("--interval", "1");
  CHECK(inputs.Load().faults.empty());
}

TEST_CASE("what is required follows from what the command needs") {
  struct Case {
    bool hypervisor, database;
    std::size_t faults;
  };
  const auto row = GENERATE(Case{false, false, 0}, Case{true, false, 1}, Case{false, true, 3}, Case{true, true, 4});
  Inputs inputs;
  inputs.input.needs_hypervisor = row.hypervisor;
  inputs.input.needs_database = row.database;
  CHECK(inputs.Load().faults.size() == row.faults);
}

TEST_CASE("v2 needs an organisation and v1 can do without a token") {
  Inputs inputs = ForRun().SetComplete();
  inputs.Set("INFLUX_API", "v2");
  CHECK(Texts(inputs.Load().faults) == Strings{"INFLUX_ORG is not set; for example my-org"});
  inputs.Set("INFLUX_API", "v1").Set("INFLUX_TOKEN", "");
  CHECK(Texts(inputs.Load().faults).empty());
}

TEST_CASE("the name of a database is held to the rules of InfluxDB 3 and to none of v2") {
  struct Case {
    const char* name;
    bool allowed;
  };
  const auto row = GENERATE(Case{"vmstats", true}, Case{"0a_b-C", true}, Case{"db/rp", true}, Case{"_internal", false},
                            Case{"my db", false}, Case{"a/b/c", false}, Case{"b\xC3\xBCro", false});
  Inputs inputs = ForRun().SetComplete();
  inputs.Set("INFLUX_DB", row.name);
  CAPTURE(row.name);
  CHECK(inputs.Load().faults.empty() == row.allowed);
  inputs.Set("INFLUX_API", "v2").Set("INFLUX_ORG", "o");
  CHECK(inputs.Load().faults.empty());
}

TEST_CASE("LIBVIRT_DEFAULT_URI counts only while LIBVIRT_URI is set nowhere") {
  const ScopedDirectory directory;
  Inputs inputs;
  inputs.Set("LIBVIRT_DEFAULT_URI", "test:///default");
  CHECK(inputs.Load().config.hypervisors.at(0).uri == "test:///default");
  CHECK(Effective(inputs.Load(), "LIBVIRT_URI").origin == "LIBVIRT_DEFAULT_URI, environment");
  inputs.input.env_files = {directory.Write("a", "LIBVIRT_URI=qemu:///system\n")};
  CHECK(inputs.Load().config.hypervisors.at(0).uri == "qemu:///system");
}

TEST_CASE("NO_COLOR means never, whatever it is set to, and the flag beats it") {
  Inputs inputs;
  inputs.Set("NO_COLOR", "0");
  CHECK(inputs.Load().config.color == ColorChoice::kNever);
  inputs.Flag("--color", "always");
  CHECK(inputs.Load().config.color == ColorChoice::kAlways);
}

TEST_CASE("a name in an env-file that is nearly a setting is warned of, others are left alone") {
  const ScopedDirectory directory;
  Inputs inputs;
  const std::string file = directory.Write("a", "POLL_INTERVALL=1\nHTTPS_PROXY=x\nLIBVIRT_DEFAULT_URI=test:///x\n");
  inputs.input.env_files = {file};
  CHECK(inputs.Load().warnings ==
        Strings{file + ":1: 'POLL_INTERVALL' is not a setting; did you mean 'POLL_INTERVAL'?"});
}

TEST_CASE("a fault shows neither the user part of a URL nor a secret") {
  Inputs inputs = ForRun().SetComplete();
  inputs.Set("INFLUX_URL", "https://admin:hunter2@influx.example");
  inputs.Set("LIBVIRT_URI", "://root:hunter2@a/system");
  inputs.Set("INFLUX_TOKEN", "hunter2\n");
  const auto faults = Texts(inputs.Load().faults);
  CHECK(faults.size() == 3);
  for (const std::string& fault : faults) {
    CHECK_THAT(fault, !Catch::Contains("hunter2") && !Catch::Contains("admin"));
  }
}

}  // namespace vmtelem
