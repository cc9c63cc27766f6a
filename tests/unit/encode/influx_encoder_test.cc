#include "encode/influx_encoder.h"

#include <algorithm>
#include <limits>

#include <catch2/catch.hpp>

#include "samples.h"

namespace vmtelem {
namespace {

constexpr const char* kFullVm =
    R"(vm_totals,host=hv1,vm=web\ 01,uuid=11111111-2222-3333-4444-555555555555 state=1i,state_reason=5i,domain_id=7i,vcpus=2i,vcpus_max=4i,cpu_time_ns=100i,cpu_user_ns=101i,cpu_system_ns=102i,vcpu_time_ns=217i,vcpu_wait_ns=218i,vcpu_delay_ns=219i,mem_current_bytes=103i,mem_max_bytes=104i,mem_rss_bytes=105i,mem_usable_bytes=106i,mem_available_bytes=107i,mem_unused_bytes=108i,mem_disk_caches_bytes=109i,mem_swap_in_bytes=110i,mem_swap_out_bytes=111i,mem_major_faults=112i,mem_minor_faults=113i,mem_hugetlb_pgalloc=114i,mem_hugetlb_pgfail=115i,mem_stats_age_s=3.25,net_rx_bytes=200i,net_rx_packets=201i,net_rx_errors=202i,net_rx_drops=203i,net_tx_bytes=204i,net_tx_packets=205i,net_tx_errors=206i,net_tx_drops=207i,disk_rd_reqs=208i,disk_rd_bytes=209i,disk_rd_time_ns=210i,disk_wr_reqs=211i,disk_wr_bytes=212i,disk_wr_time_ns=213i,disk_fl_reqs=214i,disk_fl_time_ns=215i,disk_errors=216i,monitor_ok=f,monitor_blocked_s=1.5 1700000000250000000
vm_nic,host=hv1,vm=web\ 01,uuid=11111111-2222-3333-4444-555555555555,device=vnet0 rx_bytes=119i,rx_packets=120i,rx_errors=121i,rx_drops=122i,tx_bytes=123i,tx_packets=124i,tx_errors=125i,tx_drops=126i,rx_bytes_rate=2.25,rx_packets_rate=2.25,rx_errors_rate=2.25,rx_drops_rate=2.25,tx_bytes_rate=2.25,tx_packets_rate=2.25,tx_errors_rate=2.25,tx_drops_rate=2.25 1700000000250000000
vm_disk,host=hv1,vm=web\ 01,uuid=11111111-2222-3333-4444-555555555555,device=vda rd_reqs=127i,rd_bytes=128i,rd_time_ns=129i,wr_reqs=130i,wr_bytes=131i,wr_time_ns=132i,fl_reqs=133i,fl_time_ns=134i,errors=135i,capacity_bytes=136i,allocation_bytes=137i,physical_bytes=138i,rd_reqs_rate=1e+21,rd_bytes_rate=1e+21,wr_reqs_rate=1e+21,wr_bytes_rate=1e+21 1700000000250000000
vm_vcpu,host=hv1,vm=web\ 01,uuid=11111111-2222-3333-4444-555555555555,vcpu=3 state=1i,time_ns=116i,wait_ns=117i,delay_ns=118i,halted=t,usage_percent=25,steal_percent=0.125 1700000000250000000
vm_features,host=hv1,vm=web\ 01,uuid=11111111-2222-3333-4444-555555555555 net_rx_bytes_rate=1,net_rx_bytes_angle_deg=45,net_rx_packets_rate=1,net_rx_packets_angle_deg=45,net_rx_errors_rate=1,net_rx_errors_angle_deg=45,net_rx_drops_rate=1,net_rx_drops_angle_deg=45,net_tx_bytes_rate=1,net_tx_bytes_angle_deg=45,net_tx_packets_rate=1,net_tx_packets_angle_deg=45,net_tx_errors_rate=1,net_tx_errors_angle_deg=45,net_tx_drops_rate=1,net_tx_drops_angle_deg=45,disk_rd_reqs_rate=0.5,disk_rd_reqs_angle_deg=26.56505117707799,disk_rd_bytes_rate=0.5,disk_rd_bytes_angle_deg=26.56505117707799,disk_wr_reqs_rate=0.5,disk_wr_reqs_angle_deg=26.56505117707799,disk_wr_bytes_rate=0.5,disk_wr_bytes_angle_deg=26.56505117707799,mem_rss_bytes_rate=-1,mem_rss_bytes_angle_deg=-45,cpu_percent=12.5,cpu_user_percent=10,cpu_system_percent=2.5,cpu_steal_percent=0,mem_used_percent=75 1700000000250000000
)";

Lines HostLine(const Snapshot& snapshot) {
  Lines lines;
  InfluxEncoder({}, MakeNullLogger()).AppendHost(snapshot, SampleTimings(), lines);
  return lines;
}

Lines AgentLine(std::string_view agent, const AgentReport& report) {
  Lines lines;
  InfluxEncoder({}, MakeNullLogger()).AppendAgent(agent, Stamp{kSampleNs, {}}, report, lines);
  return lines;
}

TEST_CASE("everything there is of a VM, in line protocol") {
  CHECK(EncodeDomains(SnapshotOf({FullDomain()}), {FullDerived()}, {.per_vcpu = true}).bytes == kFullVm);
}

TEST_CASE("vCPUs have lines only if asked for") {
  const Lines lines = EncodeDomains(SnapshotOf({FullDomain()}), {FullDerived()}, {.per_vcpu = false});
  CHECK(lines.count == 4);
  CHECK(lines.bytes.find("vm_vcpu") == std::string::npos);
}

TEST_CASE("an unknown value is left out, not zero") {
  const Lines lines = EncodeDomains(SnapshotOf({NamedVm("a")}), {{}});
  CHECK(lines.bytes ==
        "vm_totals,host=hv1,vm=a,uuid=11111111-2222-3333-4444-555555555555 state=1i "
        "1700000000250000000\n");
}

TEST_CASE("a VM that gave nothing but its identity has no line") {
  DomainStats domain = NamedVm("a");
  domain.state.reset();
  domain.domain_id = 7;
  domain.nics = {{"vnet0", {}}};
  domain.disks = {{"sr0", {}, {}}};
  CHECK(EncodeDomains(SnapshotOf({domain}), {{}}).empty());
}

TEST_CASE("the only line of a VM that was set aside is that of its monitor, at the time of the cycle") {
  DomainStats domain = SetAside("a");
  const bool id_is_known = GENERATE(true, false);
  if (id_is_known) domain.domain_id = 7;
  CHECK(EncodeDomains(SnapshotOf({domain}), {{}}).bytes ==
        "vm_totals,host=hv1,vm=a,uuid=11111111-2222-3333-4444-555555555555 monitor_ok=f,monitor_blocked_s=12 "
        "1700000000249000000\n");
}

TEST_CASE("features without a single value have no line") {
  DomainDerived derived;
  derived.has_features = true;
  CHECK(EncodeDomains(SnapshotOf({NamedVm("a")}), {derived}).count == 1);
}

TEST_CASE("values derived for fewer VMs than there are do no harm") {
  CHECK(EncodeDomains(SnapshotOf({NamedVm("a"), NamedVm("b", "other")}), {}).count == 2);
}

TEST_CASE("an integer beyond 2^63-1 is a sentinel and left out") {
  DomainStats domain = NamedVm("a");
  domain.cpu = {{INT64_MAX, static_cast<std::uint64_t>(INT64_MAX) + 1, UINT64_MAX}};
  const ParsedLine line = ParsedDomain(domain).at(0);
  CHECK(line.Field("cpu_time_ns") == FieldValue(INT64_MAX));
  CHECK_FALSE(line.Field("cpu_user_ns"));
  CHECK_FALSE(line.Field("cpu_system_ns"));
}

TEST_CASE("a float that is no number is left out, and so is its angle") {
  const double value = GENERATE(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                                -std::numeric_limits<double>::infinity());
  DomainDerived derived;
  derived.has_features = true;
  derived.memory_rss_rate = value;
  derived.cpu_percent = 1;
  const ParsedLine line = ParsedDomain(NamedVm("a"), derived).at(1);
  CHECK(line.measurement == "vm_features");
  CHECK(line.fields.size() == 1);
}

TEST_CASE("an angle stays strictly inside 90 degrees whatever the rate") {
  const double rate = GENERATE(1e15, 1e16, 1e17, 1e300, std::numeric_limits<double>::max());
  for (const double sign : {1.0, -1.0}) {
    DomainDerived derived;
    derived.has_features = true;
    derived.memory_rss_rate = sign * rate;
    const auto angle = ParsedDomain(NamedVm("a"), derived).at(1).Field("mem_rss_bytes_angle_deg");
    REQUIRE(angle);
    CHECK(std::abs(std::get<double>(*angle)) < 90);
    CHECK(sign * std::get<double>(*angle) > 89.9);
  }
}

TEST_CASE("the age of the guest's memory statistics") {
  DomainStats domain = NamedVm("a");
  SECTION("is measured from when the VM was asked") {
    domain.memory_updated_s = 1'699'999'999;
    CHECK(ParsedDomain(domain).at(0).Field("mem_stats_age_s") == FieldValue(1.25));
  }
  SECTION("is unknown while the guest has never reported") {
    CHECK_FALSE(ParsedDomain(domain).at(0).Field("mem_stats_age_s"));
  }
  SECTION("is unknown if the report is later than the question") {
    domain.memory_updated_s = 1'700'000'001;
    CHECK_FALSE(ParsedDomain(domain).at(0).Field("mem_stats_age_s"));
  }
  SECTION("is unknown if the time of the report is beyond any clock") {
    domain.memory_updated_s = UINT64_MAX;
    CHECK_FALSE(ParsedDomain(domain).at(0).Field("mem_stats_age_s"));
  }
}

TEST_CASE("lines are counted with their stamps and appended after what is there") {
  Lines lines = HostLine(SnapshotOf({}));
  const std::string before = lines.bytes;
  DomainStats late = NamedVm("b", "other");
  late.stamp.wall_ns = kSampleNs + 5;
  InfluxEncoder({}, MakeNullLogger()).AppendDomains(SnapshotOf({NamedVm("a"), late}), {}, lines);
  CHECK(lines.bytes.rfind(before, 0) == 0);
  CHECK(lines.count == 3);
  CHECK(lines.count == static_cast<std::size_t>(std::count(lines.bytes.begin(), lines.bytes.end(), '\n')));
  CHECK(lines.first_wall_ns == kSampleNs - 1'000'000);
  CHECK(lines.last_wall_ns == kSampleNs + 5);
}

TEST_CASE("a VM with many devices has a line for each") {
  DomainStats domain = NamedVm("a");
  for (int i = 0; i < 100; ++i) {
    domain.disks.push_back(FullDomain().disks[0]);
    domain.disks.back().device = "vd" + std::to_string(i);
  }
  const auto parsed = LineProtocolParser::Parse(EncodeDomains(SnapshotOf({domain}), {}).bytes);
  CHECK(parsed.error.empty());
  REQUIRE(parsed.lines.size() == 101);
  CHECK(parsed.lines[100].Tag("device") == "vd99");
}

TEST_CASE("the line of a hypervisor") {
  DomainStats blocked = NamedVm("b");
  blocked.monitor_ok = false;
  DomainStats fine = NamedVm("c");
  fine.monitor_ok = true;
  CHECK(HostLine(SnapshotOf({NamedVm("a"), blocked, fine, SetAside("d")})).bytes ==
        "vmtelem,host=hv1 up=t,vms=4i,vms_monitor_blocked=2i,lanes=1i,lanes_parked=0i,polls=12i,poll_errors=2i,"
        "polls_late=3i,rates_uncertain=4i,poll_latency_ms=12.5,derive_latency_ms=0.25,encode_latency_ms=0.5 "
        "1700000000249000000\n");
}

TEST_CASE("the line of a hypervisor that did not answer has no number of VMs and no latency") {
  Snapshot snapshot = SnapshotOf({});
  snapshot.up = false;
  CHECK(HostLine(snapshot).bytes ==
        "vmtelem,host=hv1 up=f,lanes=1i,lanes_parked=0i,polls=12i,poll_errors=2i,polls_late=3i,rates_uncertain=4i "
        "1700000000249000000\n");
}

TEST_CASE("the line of a hypervisor that this machine had no time to read does not say whether it is up") {
  Snapshot snapshot = SnapshotOf({});
  snapshot.up = false;
  snapshot.overloaded = true;
  CHECK(HostLine(snapshot).bytes ==
        "vmtelem,host=hv1 lanes=1i,lanes_parked=0i,polls=12i,poll_errors=2i,polls_late=3i,rates_uncertain=4i "
        "1700000000249000000\n");
}

TEST_CASE("the line of the agent") {
  AgentReport report{{1, 2, 3, 4, 5, 6, 7, 8, 17}, 9, 10, 11, 12, 13, 14, 15, 16, std::chrono::microseconds(1500)};
  CHECK(AgentLine("node,1", report).bytes ==
        R"(vmtelem_agent,agent=node\,1 lines_sampled=1i,lines_recovered=2i,lines_queued=3i,lines_spooled=4i,)"
        "lines_in_flight=5i,lines_written=6i,lines_rejected=7i,lines_dropped=8i,lines_handed_over=17i,"
        "rejected_displaced_lines=9i,queue_bytes=10i,spool_bytes=11i,spool_batches=12i,writes=13i,write_retries=14i,"
        "names_repaired=15i,values_out_of_range=16i,"
        "write_latency_ms=1.5,paused=f 1700000000250000000\n");
}

TEST_CASE("before the first answer of the database its latency is not known") {
  CHECK(AgentLine("a", {}).bytes.find("write_latency_ms") == std::string::npos);
}

TEST_CASE("a tag without a value is left out") {
  Snapshot snapshot = SnapshotOf({NamedVm("", "")});
  snapshot.host.clear();
  CHECK(EncodeDomains(snapshot, {}).bytes == "vm_totals state=1i 1700000000250000000\n");
  CHECK(HostLine(snapshot).bytes.rfind("vmtelem up=t", 0) == 0);
  CHECK(AgentLine("", {}).bytes.rfind("vmtelem_agent lines_sampled", 0) == 0);
}

}  // namespace
}  // namespace vmtelem
