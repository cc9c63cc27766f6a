#include <algorithm>
#include <sstream>

#include <catch2/catch.hpp>
#include <spdlog/sinks/ostream_sink.h>

#include "encode/influx_encoder.h"
#include "samples.h"

// What an encoder remembers of one snapshot to the next: the tags of every object.
namespace vmtelem {
namespace {

// An encoder with what it logs, fed one snapshot after the other.
class Encoder {
 public:
  std::string Encode(const Snapshot& snapshot) {
    Lines lines;
    encoder_.AppendDomains(snapshot, {}, lines);
    encoder_.LogNameRepairs();
    return lines.bytes;
  }
  InfluxEncoder& operator*() { return encoder_; }
  [[nodiscard]] std::string logged() const { return log_text_.str(); }

 private:
  std::ostringstream log_text_;
  InfluxEncoder encoder_{
      {}, MakeLogger(std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text_), LogFormat::kLogfmt, LogLevel::kInfo)};
};

std::ptrdiff_t CountLinesOf(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

TEST_CASE("a name that had to be repaired is counted once per object") {
  Encoder encoder;
  DomainStats domain = NamedVm("a\nb");
  domain.nics = FullDomain().nics;
  domain.nics[0].device = "vnet\\0";
  for (int i = 0; i < 3; ++i) encoder.Encode(SnapshotOf({domain}));
  CHECK((*encoder).names_repaired() == 2);
}

TEST_CASE("names that had to be repaired are logged in one line, with their number and the first") {
  Encoder encoder;
  std::vector<DomainStats> domains;
  for (const char* name : {"good", "a\nb", "c\\d", "e\tf"}) domains.push_back(NamedVm(name, name));
  encoder.Encode(SnapshotOf({domains[0]}));
  CHECK(encoder.logged().empty());
  for (int i = 0; i < 3; ++i) encoder.Encode(SnapshotOf({domains}));
  CHECK(CountLinesOf(encoder.logged()) == 1);
  CHECK(encoder.logged().find("level=info") != std::string::npos);
  CHECK(encoder.logged().find("are changed: 3; the first is written as VM 'a_b'") != std::string::npos);
}

TEST_CASE("a name that comes after the first were logged is counted only") {
  Encoder encoder;
  encoder.Encode(SnapshotOf({NamedVm("a\nb", "1")}));
  encoder.Encode(SnapshotOf({NamedVm("a\nb", "1"), NamedVm("c\nd", "2")}));
  CHECK((*encoder).names_repaired() == 2);
  CHECK(CountLinesOf(encoder.logged()) == 1);
}

TEST_CASE("a repaired device that moves to another position is not counted again") {
  Encoder encoder;
  DomainStats domain = NamedVm("a");
  domain.nics = {{"a\\", {}}, {"b\\", {}}, {"c\\", {}}};
  encoder.Encode(SnapshotOf({domain}));
  std::reverse(domain.nics.begin(), domain.nics.end());
  encoder.Encode(SnapshotOf({domain}));
  domain.nics.erase(domain.nics.begin());
  encoder.Encode(SnapshotOf({domain}));
  CHECK((*encoder).names_repaired() == 3);
}

TEST_CASE("the name of a host is counted once, not once per VM and line") {
  Encoder encoder;
  Snapshot snapshot = SnapshotOf({NamedVm("a"), NamedVm("b", "other")});
  snapshot.host = "hv\\1";
  encoder.Encode(snapshot);
  Lines lines;
  (*encoder).AppendHost(snapshot, {}, lines);
  CHECK((*encoder).names_repaired() == 1);
  CHECK(lines.bytes.rfind("vmtelem,host=hv/1 ", 0) == 0);
}

TEST_CASE("good names are not counted, nor is escaping") {
  Encoder encoder;
  encoder.Encode(SnapshotOf({FullDomain(), NamedVm("linux guest=1,x", "other"), NamedVm("büro", "third")}));
  CHECK((*encoder).names_repaired() == 0);
  CHECK(encoder.logged().empty());
}

TEST_CASE("a VM that is renamed has its new name in every line from then on") {
  Encoder encoder;
  DomainStats domain = FullDomain();
  encoder.Encode(SnapshotOf({domain}));
  domain.name = "db";
  const std::string text = encoder.Encode(SnapshotOf({domain}));
  CHECK(text.find("web") == std::string::npos);
  CHECK(text.find("vm_nic,host=hv1,vm=db,uuid=") != std::string::npos);
}

TEST_CASE("a host that is renamed has its new name in every line from then on") {
  Encoder encoder;
  Snapshot snapshot = SnapshotOf({FullDomain()});
  encoder.Encode(snapshot);
  snapshot.host = "hv2";
  CHECK(encoder.Encode(snapshot).find("host=hv1") == std::string::npos);
}

TEST_CASE("devices keep their own series when their positions shift") {
  Encoder encoder;
  DomainStats domain = FullDomain();
  const DiskStats vda = domain.disks[0];
  DiskStats vdb = vda;
  vdb.device = "vdb";
  vdb.counters.fill(1);
  DiskStats vdc = vda;
  vdc.device = "vdc";
  vdc.counters.fill(2);
  domain.disks = {vda, vdb, vdc};
  encoder.Encode(SnapshotOf({domain}));
  domain.disks = GENERATE_COPY(std::vector{vdb, vdc}, std::vector{vdc, vda, vdb}, std::vector{vdb},
                               std::vector<DiskStats>{}, std::vector{vdb, vda});
  CHECK(encoder.Encode(SnapshotOf({domain})) == EncodeDomains(SnapshotOf({domain}), {}).bytes);
}

TEST_CASE("VMs keep their own series when their positions shift") {
  Encoder encoder;
  const DomainStats a = NamedVm("a", "1"), b = NamedVm("b", "2"), c = NamedVm("c", "3");
  encoder.Encode(SnapshotOf({a, b, c}));
  CHECK(encoder.Encode(SnapshotOf({c, b})) == EncodeDomains(SnapshotOf({c, b}), {}).bytes);
}

TEST_CASE("a VM that is listed no more is forgotten, so its repaired name counts again when it comes back") {
  Encoder encoder;
  const Snapshot with = SnapshotOf({NamedVm("a\tb")});
  encoder.Encode(with);
  SECTION("a hypervisor that did not answer takes nothing away") {
    Snapshot down = SnapshotOf({});
    down.up = false;
    encoder.Encode(down);
    encoder.Encode(with);
    CHECK((*encoder).names_repaired() == 1);
  }
  SECTION("a snapshot without the VM does") {
    encoder.Encode(SnapshotOf({}));
    encoder.Encode(with);
    CHECK((*encoder).names_repaired() == 2);
  }
}

TEST_CASE("the log of a repaired name has no control character and no invalid UTF-8 in it") {
  Encoder encoder;
  encoder.Encode(SnapshotOf({NamedVm("a\x1b[31m\xff")}));
  CHECK(encoder.logged().find('\x1b') == std::string::npos);
  CHECK(RepairUtf8(encoder.logged()) == encoder.logged());
}

}  // namespace
}  // namespace vmtelem
