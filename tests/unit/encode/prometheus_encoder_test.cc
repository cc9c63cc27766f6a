#include <regex>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "encode/text_encoders.h"
#include "samples.h"

namespace vmtelem {
namespace {

std::string Text(const std::vector<const Snapshot*>& snapshots) { return PrometheusText(snapshots); }
std::string Text(const Snapshot& snapshot) { return Text(std::vector{&snapshot}); }

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string SamplesOf(const std::string& text) {
  std::string samples;
  for (const std::string& line : LinesOf(text)) {
    if (line[0] != '#') samples.append(line).push_back('\n');
  }
  return samples;
}

TEST_CASE("a VM in Prometheus text") {
  DomainStats domain = FullDomain();
  domain.cpu[CpuCounter::kTimeNs] = 1'500'000'000;
  domain.disks[0].counters[DiskCounter::kRdTimeNs] = 1;
  const std::string vm = R"({host="hv1",domain="web 01",uuid="11111111-2222-3333-4444-555555555555"})";
  const std::string vda =
      R"({host="hv1",domain="web 01",uuid="11111111-2222-3333-4444-555555555555",target_device="vda"})";
  const std::string vnet =
      R"({host="hv1",domain="web 01",uuid="11111111-2222-3333-4444-555555555555",target_device="vnet0"})";
  CHECK(SamplesOf(Text(SnapshotOf({domain}))) ==
        "libvirt_up{host=\"hv1\"} 1\n"
        "libvirt_domains{host=\"hv1\"} 1\n"
        "libvirt_domain_info_state" +
            vm +
            " 1\n"
            "libvirt_domain_info_virtual_cpus" +
            vm +
            " 2\n"
            "libvirt_domain_info_maximum_memory_bytes" +
            vm +
            " 104\n"
            "libvirt_domain_info_memory_usage_bytes" +
            vm +
            " 103\n"
            "libvirt_domain_info_cpu_time_seconds_total" +
            vm +
            " 1.5\n"
            "libvirt_domain_memory_stats_rss_bytes" +
            vm +
            " 105\n"
            "libvirt_domain_memory_stats_available_bytes" +
            vm +
            " 107\n"
            "libvirt_domain_memory_stats_usable_bytes" +
            vm +
            " 106\n"
            "libvirt_domain_memory_stats_unused_bytes" +
            vm +
            " 108\n"
            "libvirt_domain_memory_stats_disk_caches_bytes" +
            vm +
            " 109\n"
            "libvirt_domain_memory_stats_major_fault_total" +
            vm +
            " 112\n"
            "libvirt_domain_memory_stats_minor_fault_total" +
            vm +
            " 113\n"
            "libvirt_domain_monitor_blocked" +
            vm +
            " 1\n"
            "libvirt_domain_block_stats_read_bytes_total" +
            vda +
            " 128\n"
            "libvirt_domain_block_stats_read_requests_total" +
            vda +
            " 127\n"
            "libvirt_domain_block_stats_read_time_seconds_total" +
            vda +
            " 1e-09\n"
            "libvirt_domain_block_stats_write_bytes_total" +
            vda +
            " 131\n"
            "libvirt_domain_block_stats_write_requests_total" +
            vda +
            " 130\n"
            "libvirt_domain_block_stats_write_time_seconds_total" +
            vda +
            " 1.32e-07\n"
            "libvirt_domain_interface_stats_receive_bytes_total" +
            vnet +
            " 119\n"
            "libvirt_domain_interface_stats_receive_packets_total" +
            vnet +
            " 120\n"
            "libvirt_domain_interface_stats_receive_errors_total" +
            vnet +
            " 121\n"
            "libvirt_domain_interface_stats_receive_drops_total" +
            vnet +
            " 122\n"
            "libvirt_domain_interface_stats_transmit_bytes_total" +
            vnet +
            " 123\n"
            "libvirt_domain_interface_stats_transmit_packets_total" +
            vnet +
            " 124\n"
            "libvirt_domain_interface_stats_transmit_errors_total" +
            vnet +
            " 125\n"
            "libvirt_domain_interface_stats_transmit_drops_total" +
            vnet + " 126\n");
}

TEST_CASE("each family is announced once, before its samples, and is not interleaved") {
  DomainStats other = FullDomain();
  other.uuid = "other";
  std::set<std::string> seen;
  std::string family;
  for (const std::string& line : LinesOf(Text(SnapshotOf({FullDomain(), other})))) {
    std::smatch match;
    if (std::regex_match(line, match, std::regex("# HELP ([a-z_]+) .+\\."))) {
      family = match[1];
      CHECK(seen.insert(family).second);
    } else if (std::regex_match(line, match, std::regex("# TYPE ([a-z_]+) (gauge|counter)"))) {
      CHECK(match[1] == family);
      CHECK((match[2] == "counter") == family.ends_with("_total"));
    } else {
      CHECK(line.substr(0, line.find_first_of("{ ")) == family);
    }
  }
  CHECK(seen.size() == 29);
}

TEST_CASE("an unknown value has no sample, and a family without a sample is not mentioned") {
  DomainStats silent;
  silent.name = "a";
  silent.nics = {{"vnet0", {}}};
  CHECK(SamplesOf(Text(SnapshotOf({silent}))) == "libvirt_up{host=\"hv1\"} 1\nlibvirt_domains{host=\"hv1\"} 1\n");
  CHECK(Text(SnapshotOf({silent})).find("libvirt_domain_info_state") == std::string::npos);
}

TEST_CASE("a VM that was set aside counts and has one sample, that its monitor is blocked") {
  CHECK(SamplesOf(Text(SnapshotOf({SetAside("a")}))) ==
        "libvirt_up{host=\"hv1\"} 1\nlibvirt_domains{host=\"hv1\"} 1\n"
        "libvirt_domain_monitor_blocked{host=\"hv1\",domain=\"a\",uuid=\"11111111-2222-3333-4444-555555555555\"} 1\n");
}

TEST_CASE("of a hypervisor that did not answer no number of VMs is given") {
  Snapshot snapshot = SnapshotOf({});
  snapshot.up = false;
  CHECK(SamplesOf(Text(snapshot)) == "libvirt_up{host=\"hv1\"} 0\n");
}

TEST_CASE("of a hypervisor that this machine had no time to read it is not said whether it is up") {
  Snapshot snapshot = SnapshotOf({});
  snapshot.up = false;
  snapshot.overloaded = true;
  CHECK(Text(snapshot).empty());
}

TEST_CASE("families are announced once for all hypervisors") {
  DomainStats domain;
  domain.name = "a";
  domain.uuid = "u";
  domain.vcpus = 2;
  Snapshot first = SnapshotOf({domain}), away = SnapshotOf({}), last = SnapshotOf({domain});
  away.host = "away";
  away.up = false;
  last.host = "last";
  CHECK(Text({&first, &away, &last}) ==
        "# HELP libvirt_up Whether the hypervisor answered.\n"
        "# TYPE libvirt_up gauge\n"
        "libvirt_up{host=\"hv1\"} 1\n"
        "libvirt_up{host=\"away\"} 0\n"
        "libvirt_up{host=\"last\"} 1\n"
        "# HELP libvirt_domains VMs that are known to run.\n"
        "# TYPE libvirt_domains gauge\n"
        "libvirt_domains{host=\"hv1\"} 1\n"
        "libvirt_domains{host=\"last\"} 1\n"
        "# HELP libvirt_domain_info_virtual_cpus Virtual CPUs that are online.\n"
        "# TYPE libvirt_domain_info_virtual_cpus gauge\n"
        "libvirt_domain_info_virtual_cpus{host=\"hv1\",domain=\"a\",uuid=\"u\"} 2\n"
        "libvirt_domain_info_virtual_cpus{host=\"last\",domain=\"a\",uuid=\"u\"} 2\n");
}

TEST_CASE("a sentinel is no sample") {
  DomainStats domain = FullDomain();
  domain.memory[MemoryValue::kMaxBytes] = UINT64_MAX;
  CHECK(Text(SnapshotOf({domain})).find("maximum_memory_bytes") == std::string::npos);
}

TEST_CASE("labels are escaped and valid UTF-8") {
  DomainStats domain;
  domain.name = "a\"b\\c\nd\xff";
  domain.uuid = "u";
  domain.monitor_ok = true;
  CHECK(Text(SnapshotOf({domain}))
            .find("libvirt_domain_monitor_blocked{host=\"hv1\",domain=\"a\\\"b\\\\c\\nd\ufffd\",uuid=\"u\"} 0\n") !=
        std::string::npos);
}

}  // namespace
}  // namespace vmtelem
