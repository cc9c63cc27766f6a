#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "libvirt_hooks.h"

namespace vmtelem {

// A daemon with QEMU VMs whose faults a test begins and ends, played over libvirt's test driver as measured with
// libvirt 9.0 and QEMU 7.2, in the time of an AdjustedClock that is kTimeScale times slower. VMs are known by their
// number, in which order they are asked for.
class FakeDaemon {
 public:
  using Function = LibvirtHooks::Function;
  static constexpr int kVms = 12;

  FakeDaemon();
  // Ends all faults and waits until the last connection is closed.
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  [[nodiscard]] std::string uri() const { return "test://" + file_; }
  static std::string Uuid(int vm);
  static std::string Name(int vm);

  // QEMU does not answer. A bulk call that needs its monitor takes the VM's job and blocks; while it does, others get
  // what needs no job.
  void Hang(int vm);
  void Resume(int vm);
  // QEMU takes so long to answer.
  void Delay(int vm, std::chrono::milliseconds takes);
  // Somebody holds the VM's lock: whatever has to do with the VM blocks.
  void Lock(int vm);
  void Unlock(int vm);
  // No call is answered.
  void Silence();
  void Speak();
  // The next bulk calls are not answered, for a reason that shows in no other call.
  void LoseBulkCalls(int count);
  // Every call takes so long.
  void SlowDown(std::chrono::milliseconds bulk, std::chrono::milliseconds others);
  // All connections there are end.
  void CutConnections();
  // It is another daemon from now on: all connections end, no fault goes on. But what is blocked stays so, as on a host
  // that is not there any more, until EndFaults().
  void Restart();
  // Nothing is answered on the connections there are. New ones work.
  void MuteConnections();
  // The connection of the next bulk call ends.
  void CutNextBulk();
  // The next bulk call is refused, on a connection that goes on.
  void DenyNextBulk();
  void RefuseConnections();
  void RefuseLists();
  void EndFaults();

  // This machine, not the daemon: the threads that make such calls, or any, are at work until EndWork().
  void KeepAtWork(Function function) { at_work_ = std::uint64_t{1} << static_cast<unsigned>(function); }
  void KeepAllAtWork() { at_work_ = ~std::uint64_t{0}; }
  void EndWork() { at_work_ = 0; }

  [[nodiscard]] int calls(Function function) const;
  [[nodiscard]] std::set<std::thread::id> threads(Function function) const;
  [[nodiscard]] int lists_answered() const { return lists_answered_; }
  [[nodiscard]] int open_connections() const;
  [[nodiscard]] int blocked() const;
  [[nodiscard]] int most_blocked() const;  // at any time
  // Calls that met a VM's lock with the list of VMs locked, which would have kept VMs from being created.
  [[nodiscard]] int blocking_the_list() const;
  [[nodiscard]] int waiting_on(int vm) const;
  [[nodiscard]] int most_waiting_on(int vm) const;
  [[nodiscard]] bool AwaitBlocked(int count) const;

 private:
  using Clock = std::chrono::steady_clock;
  using Guard = std::unique_lock<std::mutex>;
  struct Vm {
    bool hangs = false;
    bool locked = false;
    std::chrono::milliseconds takes{0};
    std::optional<Clock::time_point> job_since;
    int waiting = 0, most_waiting = 0;
  };
  struct Log {
    int calls = 0;
    std::set<std::thread::id> threads;
  };

  bool Before(const LibvirtHooks::Call& call);
  LibvirtHooks::BulkAnswer Bulk(const LibvirtHooks::BulkCall& call);
  void AskMonitor(Vm& vm, Guard& lock);
  virDomainControlInfo ControlInfo(virDomainPtr domain);
  void WaitFor(Guard& lock, const std::function<bool()>& over);
  void WaitFor(Vm& vm, Guard& lock, const std::function<bool()>& over);
  Vm& Find(const std::string& uuid);
  void Change(const std::function<void()>& change);
  void WriteFile() const;

  LibvirtHooks hooks_;
  const std::string file_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::array<Vm, kVms> vms_;
  std::array<Log, static_cast<std::size_t>(Function::kCount)> log_;
  std::multiset<virConnectPtr>
      connections_;  // an address may be in use again before its earlier connection is reported as closed
  std::set<virConnectPtr> cut_, mute_;
  std::atomic<int> lists_answered_{0};
  std::atomic<std::uint64_t> at_work_{0};  // a bit for each Function
  bool silent_ = false, cut_next_bulk_ = false, deny_next_bulk_ = false, refuses_ = false, refuses_lists_ = false;
  std::chrono::milliseconds bulk_takes_{0}, others_take_{0};
  bool loses_ = false;
  int bulk_calls_to_lose_ = 0;
  int run_ = 0, last_run_ended_ = -1;
  int blocked_ = 0, most_blocked_ = 0;
  int blocking_the_list_ = 0;
};

}  // namespace vmtelem
