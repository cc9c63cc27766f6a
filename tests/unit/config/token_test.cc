#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "config_fixture.h"

namespace vmtelem {
namespace {

Inputs WithoutToken() {
  Inputs inputs = ForRun().SetComplete();
  inputs.environment.erase("INFLUX_TOKEN");
  return inputs;
}

}  // namespace

TEST_CASE("the token is taken from INFLUX_TOKEN") {
  Inputs inputs = ForRun().SetComplete();
  const LoadedConfig loaded = inputs.Load();
  CHECK(loaded.config.influx.token.Reveal() == "s3cr3t-token");
  CHECK(loaded.config.influx.token_origin == "INFLUX_TOKEN");
  CHECK(loaded.config.influx.token_file.empty());
  CHECK(Effective(loaded, "INFLUX_TOKEN").text == "***");
}

TEST_CASE("the token is read from the file that INFLUX_TOKEN_FILE names") {
  const ScopedDirectory directory;
  Inputs inputs = WithoutToken();
  inputs.Set("INFLUX_TOKEN_FILE", directory.Write("token", "from-file\n"));
  const LoadedConfig loaded = inputs.Load();
  CHECK(loaded.faults.empty());
  CHECK(loaded.warnings.empty());
  CHECK(loaded.config.influx.token.Reveal() == "from-file");
  CHECK(loaded.config.influx.token_file == directory.path() + "/token");
  CHECK(loaded.config.influx.token_origin == "INFLUX_TOKEN_FILE");
}

TEST_CASE("the token is read from the systemd credential") {
  const ScopedDirectory directory;
  CHECK_FALSE(directory.Write("influx-token", "from-credential").empty());
  Inputs inputs = WithoutToken();
  inputs.Set("CREDENTIALS_DIRECTORY", directory.path());
  const LoadedConfig loaded = inputs.Load();
  CHECK(loaded.faults.empty());
  CHECK(loaded.config.influx.token.Reveal() == "from-credential");
  CHECK(Effective(loaded, "INFLUX_TOKEN").origin == "credential influx-token");
}

TEST_CASE("a token that is given in two ways is one fault, and not also missing") {
  const ScopedDirectory directory;
  CHECK_FALSE(directory.Write("influx-token", "from-credential").empty());
  Inputs inputs = WithoutToken();
  inputs.Set("CREDENTIALS_DIRECTORY", directory.path());
  inputs.Set("INFLUX_TOKEN_FILE", directory.Write("token", "from-file\n"));
  const LoadedConfig loaded = inputs.Load();
  REQUIRE(loaded.faults.size() == 1);
  CHECK_THAT(loaded.faults[0].text, Catch::Contains("keep one"));
}

TEST_CASE("a credentials directory without our credential is nothing") {
  const ScopedDirectory directory;
  Inputs inputs = ForRun().SetComplete();
  inputs.Set("CREDENTIALS_DIRECTORY", directory.path());
  CHECK(inputs.Load().faults.empty());
}

TEST_CASE("a token from two places is a fault") {
  const ScopedDirectory directory;
  Inputs inputs = ForRun().SetComplete();
  inputs.Flag("--influx-token-file", directory.Write("token", "x"));
  CHECK(Texts(inputs.Load().faults) ==
        std::vector<std::string>{"INFLUX_TOKEN and --influx-token-file are set at the same time; keep one"});
}

TEST_CASE("a token file that is missing or empty is one fault") {
  const ScopedDirectory directory;
  Inputs inputs = WithoutToken();
  inputs.Set("INFLUX_TOKEN_FILE", directory.path() + "/none");
  auto faults = inputs.Load().faults;
  REQUIRE(faults.size() == 1);
  CHECK_THAT(faults[0].text, Catch::StartsWith("INFLUX_TOKEN_FILE: cannot read "));
  inputs.Set("INFLUX_TOKEN_FILE", directory.Write("empty", "\n"));
  faults = inputs.Load().faults;
  REQUIRE(faults.size() == 1);
  CHECK_THAT(faults[0].text, Catch::Contains("is empty"));
}

TEST_CASE("a token file that others may read is a warning about its permissions") {
  const ScopedDirectory directory;
  const std::string file = directory.Write("token", "x");
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  Inputs inputs = WithoutToken();
  inputs.Set("INFLUX_TOKEN_FILE", file);
  const LoadedConfig loaded = inputs.Load();
  CHECK(loaded.faults.empty());
  REQUIRE(loaded.warnings.size() == 1);
  CHECK_THAT(loaded.warnings[0], Catch::Contains("permissions of " + file));
}

TEST_CASE("the token file is not touched by a command that delivers nothing") {
  Inputs inputs;
  inputs.input.needs_hypervisor = true;
  inputs.Set("LIBVIRT_URI", "test:///default").Set("INFLUX_TOKEN_FILE", "/nonexistent/token");
  CHECK(inputs.Load().faults.empty());
}

TEST_CASE("a CA file that cannot be read is a fault before anything starts") {
  Inputs inputs = ForRun().SetComplete();
  inputs.Set("INFLUX_CA_FILE", "/nonexistent/ca.pem");
  CHECK(Texts(inputs.Load().faults) ==
        std::vector<std::string>{
            "INFLUX_CA_FILE: cannot read /nonexistent/ca.pem: No such file or directory (environment)"});
}

}  // namespace vmtelem
