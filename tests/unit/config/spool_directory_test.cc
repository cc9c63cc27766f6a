#include "config/spool_directory.h"

#include <catch2/catch.hpp>

#include "config_fixture.h"

namespace vmtelem {

struct Place {
  std::string path, origin;
};

Place PlaceOf(Inputs& inputs) {
  const LoadedConfig loaded = inputs.Load();
  CHECK(loaded.config.delivery.spool_dir == Effective(loaded, "SPOOL_DIR").text.value_or(""));
  return {loaded.config.delivery.spool_dir, Effective(loaded, "SPOOL_DIR").origin};
}

TEST_CASE("the spool is where the setting says") {
  Inputs inputs;
  inputs.Set("SPOOL_DIR", "/a").Set("STATE_DIRECTORY", "/state");
  CHECK(PlaceOf(inputs).path == "/a");
  CHECK(PlaceOf(inputs).origin == "environment");
}

TEST_CASE("without the setting the spool is in the first state directory of the service") {
  Inputs inputs;
  inputs.Set("STATE_DIRECTORY", "/state:/more").Set("HOME", "/h/a");
  inputs.input.is_root = GENERATE(false, true);
  CHECK(PlaceOf(inputs).path == "/state");
  CHECK(PlaceOf(inputs).origin == "STATE_DIRECTORY, environment");
}

TEST_CASE("root's spool is the system's") {
  Inputs inputs;
  inputs.Set("HOME", "/r").Set("XDG_STATE_HOME", "/r/state");
  inputs.input.is_root = true;
  CHECK(PlaceOf(inputs).path == "/var/lib/vmtelem");
  CHECK(PlaceOf(inputs).origin == "default");
}

TEST_CASE("a user's spool is where that user keeps state") {
  Inputs inputs;
  inputs.Set("HOME", "/h/a");
  CHECK(PlaceOf(inputs).path == "/h/a/.local/state/vmtelem");
  CHECK(PlaceOf(inputs.Set("XDG_STATE_HOME", "relative")).path == "/h/a/.local/state/vmtelem");
  CHECK(PlaceOf(inputs.Set("XDG_STATE_HOME", "/s")).path == "/s/vmtelem");
}

TEST_CASE("who has no home has no spool") {
  Inputs inputs;
  CHECK(PlaceOf(inputs).path.empty());
  CHECK(PlaceOf(inputs).origin == "not set");
}

}  // namespace vmtelem
