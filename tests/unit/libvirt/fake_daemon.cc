#include "fake_daemon.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "adjusted_clock.h"
#include "libvirt/api/domain_identity.h"

namespace vmtelem {
namespace {

constexpr unsigned kNeedNoJob = unsigned{VIR_DOMAIN_STATS_STATE} | VIR_DOMAIN_STATS_INTERFACE;

void Sleep(std::chrono::milliseconds time, std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  std::this_thread::sleep_for(time * kTimeScale);
  lock.lock();
}

std::string FileName() {
  static std::atomic<int> count{0};
  return (std::filesystem::temp_directory_path() / fmt::format("vmtelem-node-{}-{}.xml", ::getpid(), ++count)).string();
}

// As libvirt's qemu driver answers with and without the VM's job.
void Fill(TypedParameters& parameters, unsigned groups, bool has_job) {
  if (groups & VIR_DOMAIN_STATS_STATE) parameters.Int("state.state", VIR_DOMAIN_RUNNING).Int("state.reason", 1);
  if (groups & VIR_DOMAIN_STATS_CPU_TOTAL) parameters.Ullong("cpu.time", 1'000'000);
  if (groups & VIR_DOMAIN_STATS_VCPU) parameters.Uint("vcpu.current", 1).Uint("vcpu.maximum", 1);
  if (groups & VIR_DOMAIN_STATS_INTERFACE) parameters.String("net.0.name", "vnet0").Ullong("net.0.rx.bytes", 1);
  if (groups & VIR_DOMAIN_STATS_BALLOON) parameters.Ullong("balloon.current", 1024);
  if (groups & VIR_DOMAIN_STATS_BLOCK) parameters.String("block.0.name", "vda");
  if (!has_job) return;
  if (groups & VIR_DOMAIN_STATS_BALLOON) parameters.Ullong("balloon.rss", 512);
  if (groups & VIR_DOMAIN_STATS_BLOCK) parameters.Ullong("block.0.rd.reqs", 1);
}

}  // namespace

std::string FakeDaemon::Uuid(int vm) { return fmt::format("33333333-0000-4000-8000-{:012}", vm); }
std::string FakeDaemon::Name(int vm) { return fmt::format("vm-{:02}", vm); }

FakeDaemon::FakeDaemon() : file_(FileName()) {
  WriteFile();
  hooks_.type = "QEMU";
  hooks_.host_name = [] { return std::string("fake"); };
  hooks_.before = [this](const auto& call) { return Before(call); };
  hooks_.bulk = hooks_.state = [this](const auto& call) { return Bulk(call); };
  hooks_.control_info = [this](virDomainPtr domain) { return ControlInfo(domain); };
  hooks_.listed = [this](virConnectPtr) { ++lists_answered_; };
  hooks_.is_alive = [this](virConnectPtr connect) {
    const std::lock_guard guard(mutex_);
    return !cut_.contains(connect);
  };
  hooks_.opened = [this](virConnectPtr connect) {
    Change([&] { connections_.insert(connect), cut_.erase(connect), mute_.erase(connect); });
  };
  hooks_.closed = [this](virConnectPtr connect) {
    Change([&] {
      const auto found = connections_.find(connect);  // a test's own connection is not in it
      if (found != connections_.end()) connections_.erase(found);
    });
  };
}

FakeDaemon::~FakeDaemon() {
  EndFaults();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(20), [this] { return connections_.empty(); });
  std::filesystem::remove(file_);
}

void FakeDaemon::WriteFile() const {
  std::ofstream file(file_);
  file << "<node><cpu><mhz>2400</mhz><model>i686</model><active>8</active><nodes>1</nodes><sockets>2</sockets>"
          "<cores>4</cores><threads>1</threads></cpu><memory>16777216</memory>";
  for (int vm = 0; vm < kVms; ++vm) {
    file << fmt::format(
        "<domain type='test'><name>{}</name><uuid>{}</uuid><memory unit='KiB'>1024</memory><vcpu>1</vcpu>"
        "<os><type arch='i686'>hvm</type></os></domain>",
        Name(vm), Uuid(vm));
  }
  file << "</node>";
}

void FakeDaemon::Change(const std::function<void()>& change) {
  const std::lock_guard guard(mutex_);
  change();
  changed_.notify_all();
}

void FakeDaemon::Hang(int vm) {
  Change([&] { vms_.at(static_cast<std::size_t>(vm)).hangs = true; });
}
void FakeDaemon::Resume(int vm) {
  Change([&] { vms_.at(static_cast<std::size_t>(vm)).hangs = false; });
}
void FakeDaemon::Delay(int vm, std::chrono::milliseconds takes) {
  Change([&] { vms_.at(static_cast<std::size_t>(vm)).takes = takes; });
}
void FakeDaemon::Lock(int vm) {
  Change([&] { vms_.at(static_cast<std::size_t>(vm)).locked = true; });
}
void FakeDaemon::Unlock(int vm) {
  Change([&] { vms_.at(static_cast<std::size_t>(vm)).locked = false; });
}
void FakeDaemon::Silence() {
  Change([&] { silent_ = true; });
}
void FakeDaemon::Speak() {
  Change([&] { silent_ = false; });
}
void FakeDaemon::SlowDown(std::chrono::milliseconds bulk, std::chrono::milliseconds others) {
  Change([&] { bulk_takes_ = bulk, others_take_ = others; });
}
void FakeDaemon::CutConnections() {
  Change([&] { cut_.insert(connections_.begin(), connections_.end()); });
}
void FakeDaemon::Restart() {
  Change([&] {
    ++run_;
    cut_.insert(connections_.begin(), connections_.end());
    for (Vm& vm : vms_) vm = {};
  });
}
void FakeDaemon::MuteConnections() {
  Change([&] { mute_.insert(connections_.begin(), connections_.end()); });
}
void FakeDaemon::CutNextBulk() {
  Change([&] { cut_next_bulk_ = true; });
}
void FakeDaemon::DenyNextBulk() {
  Change([&] { deny_next_bulk_ = true; });
}
void FakeDaemon::LoseBulkCalls(int count) {
  Change([&] { loses_ = true, bulk_calls_to_lose_ = count; });
}
void FakeDaemon::RefuseConnections() {
  Change([&] { refuses_ = true; });
}

void FakeDaemon::RefuseLists() {
  Change([&] { refuses_lists_ = true; });
}

void FakeDaemon::EndFaults() {
  Change([&] {
    last_run_ended_ = run_;
    mute_.clear();
    for (Vm& vm : vms_) vm.hangs = vm.locked = false, vm.takes = {};
    loses_ = silent_ = cut_next_bulk_ = refuses_ = refuses_lists_ = false;
    bulk_calls_to_lose_ = 0;
    bulk_takes_ = others_take_ = std::chrono::milliseconds(0);
  });
}

int FakeDaemon::calls(Function function) const {
  const std::lock_guard guard(mutex_);
  return log_.at(static_cast<std::size_t>(function)).calls;
}

std::set<std::thread::id> FakeDaemon::threads(Function function) const {
  const std::lock_guard guard(mutex_);
  return log_.at(static_cast<std::size_t>(function)).threads;
}

int FakeDaemon::open_connections() const {
  const std::lock_guard guard(mutex_);
  return static_cast<int>(connections_.size());
}

int FakeDaemon::blocked() const {
  const std::lock_guard guard(mutex_);
  return blocked_;
}

int FakeDaemon::most_blocked() const {
  const std::lock_guard guard(mutex_);
  return most_blocked_;
}

int FakeDaemon::blocking_the_list() const {
  const std::lock_guard guard(mutex_);
  return blocking_the_list_;
}

int FakeDaemon::waiting_on(int vm) const {
  const std::lock_guard guard(mutex_);
  return vms_.at(static_cast<std::size_t>(vm)).waiting;
}

int FakeDaemon::most_waiting_on(int vm) const {
  const std::lock_guard guard(mutex_);
  return vms_.at(static_cast<std::size_t>(vm)).most_waiting;
}

bool FakeDaemon::AwaitBlocked(int count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return blocked_ == count; });
}

bool FakeDaemon::Before(const LibvirtHooks::Call& call) {
  while ((at_work_ >> static_cast<unsigned>(call.function)) & 1) continue;
  Guard lock(mutex_);
  Log& log = log_.at(static_cast<std::size_t>(call.function));
  ++log.calls;
  log.threads.insert(std::this_thread::get_id());
  WaitFor(lock, [this, connect = call.connect] { return !silent_ && !mute_.contains(connect); });
  if (call.function == Function::kBulk && bulk_calls_to_lose_ > 0) {
    --bulk_calls_to_lose_;
    WaitFor(lock, [this] { return !loses_; });
  }
  if (const auto takes = call.function == Function::kBulk ? bulk_takes_ : others_take_; takes.count() != 0) {
    Sleep(takes, lock);
  }
  if (call.function == Function::kList) {
    for (Vm& vm : vms_) WaitFor(vm, lock, [&] { return !vm.locked; });
  }
  if (!call.vm.empty()) {
    Vm& vm = Find(call.vm);
    if (vm.locked) ++blocking_the_list_;
    WaitFor(vm, lock, [&] { return !vm.locked; });
  }
  if (call.function == Function::kBulk && std::exchange(cut_next_bulk_, false)) cut_.insert(call.connect);
  const bool fails = call.function == Function::kOpen ? refuses_ : cut_.contains(call.connect);
  if (fails) LibvirtHooks::FailWith(VIR_ERR_RPC, VIR_FROM_RPC, "the connection ended");
  const bool denies_bulk = call.function == Function::kBulk && std::exchange(deny_next_bulk_, false);
  const bool denied = !fails && (denies_bulk || (call.function == Function::kList && refuses_lists_));
  if (denied) LibvirtHooks::FailWith(VIR_ERR_ACCESS_DENIED, VIR_FROM_ACCESS);
  return !fails && !denied;
}

LibvirtHooks::BulkAnswer FakeDaemon::Bulk(const LibvirtHooks::BulkCall& call) {
  thread_local std::deque<TypedParameters> memory;
  memory.clear();
  std::vector<LibvirtHooks::Record> records;
  Guard lock(mutex_);
  for (virDomainPtr domain : call.domains) {
    Vm& vm = Find(UuidOf(domain));
    WaitFor(vm, lock, [&] { return !vm.locked; });
    const bool needs_job = (call.groups & ~kNeedNoJob) != 0;
    const bool has_job = needs_job && !vm.job_since;
    if (has_job) AskMonitor(vm, lock);
    Fill(memory.emplace_back(), call.groups, has_job);
    records.push_back({domain, &memory.back()});
  }
  return records;
}

void FakeDaemon::AskMonitor(Vm& vm, Guard& lock) {
  const int run = run_;
  vm.job_since = Clock::now();
  if (vm.takes.count() != 0) Sleep(vm.takes, lock);
  WaitFor(vm, lock, [&] { return !vm.hangs; });
  if (run == run_) vm.job_since.reset();
}

virDomainControlInfo FakeDaemon::ControlInfo(virDomainPtr domain) {
  const std::lock_guard guard(mutex_);
  const Vm& vm = Find(UuidOf(domain));
  virDomainControlInfo info{};
  if (!vm.job_since) return info;
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>((Clock::now() - *vm.job_since) / kTimeScale);
  info.state = VIR_DOMAIN_CONTROL_OCCUPIED;
  info.stateTime = static_cast<unsigned long long>(elapsed.count());
  return info;
}

void FakeDaemon::WaitFor(Guard& lock, const std::function<bool()>& over) {
  if (over()) return;
  most_blocked_ = std::max(most_blocked_, ++blocked_);
  changed_.notify_all();
  changed_.wait(lock, [&, run = run_] { return run == run_ ? over() : last_run_ended_ > run; });
  --blocked_;
  changed_.notify_all();
}

void FakeDaemon::WaitFor(Vm& vm, Guard& lock, const std::function<bool()>& over) {
  if (over()) return;
  const int run = run_;
  vm.most_waiting = std::max(vm.most_waiting, ++vm.waiting);
  WaitFor(lock, over);
  if (run == run_) --vm.waiting;
}

FakeDaemon::Vm& FakeDaemon::Find(const std::string& uuid) {
  return vms_.at(static_cast<std::size_t>(std::stoi(uuid.substr(uuid.rfind('-') + 1))));
}

}  // namespace vmtelem
