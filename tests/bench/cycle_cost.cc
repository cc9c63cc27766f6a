// What a whole cycle costs beside one bare bulk call: CPU time of this process and wall time, in one run, turn by turn,
// so that whatever else the machine does falls on both alike. The floor is libvirt's own call with the same groups.
//
//   cycle_cost [URI] [CYCLES]        default: qemu:///system 50
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <libvirt/libvirt.h>
#include <sys/resource.h>

#include "agent/sample_cycle.h"
#include "base/clock.h"
#include "fakes/default_settings.h"
#include "fakes/null_logger.h"
#include "libvirt/libvirt_source.h"

namespace vmtelem {
namespace {

double CpuMs() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

struct Series {
  std::vector<double> cpu_ms, wall_ms;

  template <class Work>
  void Measure(Work& work) {
    const double cpu = CpuMs();
    const auto begin = std::chrono::steady_clock::now();
    work();
    wall_ms.push_back(Milliseconds(std::chrono::steady_clock::now() - begin));
    cpu_ms.push_back(CpuMs() - cpu);
  }
};

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

constexpr unsigned kGroups = VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON |
                             VIR_DOMAIN_STATS_VCPU | VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK;

class BareCall {
 public:
  explicit BareCall(const std::string& uri) : connection_(virConnectOpenReadOnly(uri.c_str())) {}
  ~BareCall() {
    if (connection_ != nullptr) virConnectClose(connection_);
  }
  BareCall(const BareCall&) = delete;
  BareCall& operator=(const BareCall&) = delete;
  [[nodiscard]] bool connected() const { return connection_ != nullptr; }

  void operator()() const {
    virDomainStatsRecordPtr* records = nullptr;
    virConnectGetAllDomainStats(connection_, kGroups, &records,
                                VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
    if (records != nullptr) virDomainStatsRecordListFree(records);
  }

 private:
  virConnectPtr connection_;
};

class WholeCycle {
 public:
  explicit WholeCycle(const std::string& uri)
      : source_(MakeLibvirtSource({.uri = uri}, DefaultConfig().collect, clock_, MakeNullLogger())) {}

  void operator()() {
    if (!cycle_.Collect()) std::exit(EXIT_FAILURE);
    cycle_.Derive();
    lines_ = cycle_.Encode().count;
  }

  [[nodiscard]] std::size_t vms() { return cycle_.snapshot().domains.size(); }
  [[nodiscard]] std::size_t lines() const { return lines_; }

 private:
  SystemClock clock_;
  std::unique_ptr<Source> source_;
  SampleCycle cycle_{*source_, clock_, {}, MakeNullLogger()};
  std::size_t lines_ = 0;
};

std::string PeakMemory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return line.substr(line.find_first_not_of(" \t", 6));
  }
  return "unknown";
}

int Run(const std::string& uri, int cycles) {
  BareCall bare(uri);
  if (!bare.connected()) {
    std::cerr << "cycle_cost: cannot connect to " << uri << '\n';
    return EXIT_FAILURE;
  }
  WholeCycle whole(uri);
  whole();  // connects, and warms every buffer
  bare();
  Series bare_series, whole_series;
  for (int i = 0; i < cycles; ++i) {
    bare_series.Measure(bare);
    whole_series.Measure(whole);
  }
  fmt::print("{} VMs, {} lines a cycle, {} cycles turn by turn\n", whole.vms(), whole.lines(), cycles);
  fmt::print("                   CPU mean   CPU median   wall median\n");
  const auto row = [](const char* name, const Series& s) {
    fmt::print("{:<16} {:>8.2f} ms {:>9.2f} ms {:>10.1f} ms\n", name, Mean(s.cpu_ms), Median(s.cpu_ms),
               Median(s.wall_ms));
  };
  row("bare bulk call", bare_series);
  row("whole cycle", whole_series);
  fmt::print("ratio            {:>8.2f}    {:>9.2f}    {:>10.2f}\n",
             Mean(whole_series.cpu_ms) / Mean(bare_series.cpu_ms),
             Median(whole_series.cpu_ms) / Median(bare_series.cpu_ms),
             Median(whole_series.wall_ms) / Median(bare_series.wall_ms));
  fmt::print("peak memory      {}\n", PeakMemory());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace vmtelem

int main(int argc, char** argv) {
  return vmtelem::Run(argc > 1 ? argv[1] : "qemu:///system", argc > 2 ? std::atoi(argv[2]) : 50);
}
