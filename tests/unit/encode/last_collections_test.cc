#include "encode/last_collections.h"

#include <catch2/catch.hpp>

#include "encode/agent_metrics.h"

namespace vmtelem {
namespace {

using Found = std::map<std::string, double>;

constexpr const char* kFamily = "vmtelem_hypervisor_last_collection_timestamp_seconds";

std::string Sample(const std::string& rest) { return kFamily + rest + "\n"; }

TEST_CASE("the time of each host's last collection is read back") {
  const std::vector<LastCollection> written{{"a", 1'700'000'000.25}, {"b", std::nullopt}, {"c", 0.0}};
  CHECK(ReadLastCollections(LastCollectionsText(written)) == Found{{"a", 1'700'000'000.25}, {"c", 0}});
}

TEST_CASE("a host with an odd name is read back as it is") {
  const std::string name = GENERATE("a\"b", "a\\b", "x{y=\"z\"},w}", "a\nb", "\\n", "日本語", "} 1");
  CHECK(ReadLastCollections(LastCollectionsText(std::vector<LastCollection>{{name, 5.0}})) == Found{{name, 5}});
}

TEST_CASE("a host whose name is no UTF-8 is read back as it is written") {
  CHECK(ReadLastCollections(LastCollectionsText(std::vector<LastCollection>{{"a\xff", 5.0}})) == Found{{"a\ufffd", 5}});
}

TEST_CASE("other families and comments are passed over") {
  CHECK(ReadLastCollections("# HELP x y\nlibvirt_up{host=\"a\"} 1\n" + Sample("{host=\"a\"} 7") + "other 1\n") ==
        Found{{"a", 7}});
}

TEST_CASE("a family that only begins alike is passed over") {
  CHECK(ReadLastCollections(Sample("_total{host=\"a\"} 7")).empty());
}

TEST_CASE("a time stamp or the line end of another system behind the value does no harm") {
  CHECK(ReadLastCollections(Sample("{host=\"a\"} 7 1700000000000") + Sample("{host=\"b\"} 8\r")) ==
        Found{{"a", 7}, {"b", 8}});
}

TEST_CASE("a last line without an end counts") {
  CHECK(ReadLastCollections(kFamily + std::string("{host=\"a\"} 7")) == Found{{"a", 7}});
}

TEST_CASE("a line that is not as it should be is passed over, and the next is read") {
  const std::string rest =
      GENERATE("", "{", "{host=\"a", "{host=\"a\\", "{host=\"a\"", "{host=\"a\"}", "{host=\"a\"} ", "{host=\"a\"}7",
               "{host=\"a\",x=\"1\"} 7", "{host=\"a\"} x", "{host=\"a\"} 7x", "{host=\"a\"} -7", "{host=\"a\"} -0",
               "{host=\"a\"} nan", "{host=\"a\"} inf", "{host=\"a\"} 1e999", "{host=\"a\"} 1,5", "{vm=\"a\"} 7", " 7");
  CHECK(ReadLastCollections(Sample(rest) + Sample("{host=\"b\"} 8")) == Found{{"b", 8}});
}

TEST_CASE("of a host that is there twice the first counts") {
  CHECK(ReadLastCollections(Sample("{host=\"a\"} 7") + Sample("{host=\"a\"} 8")) == Found{{"a", 7}});
}

}  // namespace
}  // namespace vmtelem
