#include <atomic>
#include <stdexcept>
#include <thread>

#include "daemon_fixture.h"
#include "fake_peer.h"
#include "fakes/default_settings.h"
#include "libvirt/api/domain_events.h"
#include "libvirt/api/handles.h"

// What the control connection does beside the sampling, and how it is lost.
namespace vmtelem {
namespace {

// Real time, but a thread that waits without end is thrown out, once.
class FiniteClock final : public Clock {
 public:
  SteadyTime SteadyNow() override { return real_.SteadyNow(); }
  std::int64_t WallNowNs() override { return real_.WallNowNs(); }
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& condition, SteadyTime deadline,
                 const std::function<bool()>& ready) override {
    if (++waits_ == 10'000) throw std::logic_error("waits without end");
    return real_.WaitUntil(lock, condition, deadline, ready);
  }

 private:
  SystemClock real_;
  std::atomic<int> waits_{0};
};

struct EventsFixture : DaemonFixture {
  FakePeer peer;

  EventsFixture() { Start(); }
  ~EventsFixture() { Stop(); }
  void TellOf(int vm, int event, std::size_t times = 1) {
    const ConnectHandle admin(virConnectOpen(daemon.uri().c_str()));
    const DomainHandle domain(virDomainLookupByName(admin.get(), FakeDaemon::Name(vm).c_str()));
    for (std::size_t i = 0; i < times; ++i) {
      peer.Send<int (*)(virConnectPtr, virDomainPtr, int, int, void*)>(VIR_DOMAIN_EVENT_ID_LIFECYCLE, domain.get(),
                                                                       event, 0);
    }
  }
};

TEST_CASE_METHOD(EventsFixture, "a connection that an event reports as ended is made anew before the next call on it") {
  const int opens = daemon.calls(Function::kOpen);
  const int lists = daemon.calls(Function::kList);
  peer.Close(nullptr, VIR_CONNECT_CLOSE_REASON_KEEPALIVE);
  CHECK(CollectedInFull());
  CHECK(Eventually([&] { return CollectedInFull() && daemon.calls(Function::kList) == lists + 1; }));
  CHECK(daemon.calls(Function::kOpen) == opens + 1);
}

TEST_CASE_METHOD(EventsFixture, "VMs are listed again when more events came than can be remembered") {
  TellOf(0, VIR_DOMAIN_EVENT_STOPPED, EventInbox::kCapacity + 1);
  const int lists = daemon.calls(Function::kList);
  CHECK(CollectedInFull());
  CHECK(Eventually([&] { return daemon.calls(Function::kList) == lists + 1; }));
}

TEST_CASE_METHOD(EventsFixture, "a list that waits for a VM's lock does not keep the VM from being found") {
  TellOf(0, VIR_DOMAIN_EVENT_RESUMED, EventInbox::kCapacity + 1);
  const int lists = daemon.calls(Function::kList);
  daemon.SlowDown(std::chrono::milliseconds(0), std::chrono::milliseconds(200));
  REQUIRE(Collect().has_value());  // begins to list them
  REQUIRE(Eventually([&] { return daemon.calls(Function::kList) == lists + 1; }));
  daemon.Lock(5);
  daemon.SlowDown({}, {});
  REQUIRE(daemon.AwaitBlocked(1));
  REQUIRE(Collect().has_value());
  CHECK(VmsThat(IsSetAside) == std::vector<int>{5});
  CHECK(CountFull() == kVms - 1);
  CHECK(daemon.most_waiting_on(5) <= 4);
}

TEST_CASE_METHOD(EventsFixture, "a VM that an event reports as stopped is not asked for") {
  TellOf(4, VIR_DOMAIN_EVENT_STOPPED);
  REQUIRE(Collect().has_value());
  CHECK(CountFull() == kVms - 1);
  CHECK(Find(4) == nullptr);
}

TEST_CASE_METHOD(DaemonFixture, "where no VM matches, a daemon that is gone is unreachable all the same") {
  options.filter = {{"nobody"}, {}};
  Make();
  REQUIRE(Collect().has_value());
  CHECK(snapshot.domains.empty());
  daemon.CutConnections();
  daemon.RefuseConnections();
  CHECK(Eventually([this] {
    daemon.CutConnections();  // also those that were about to be made
    const auto collected = Collect();
    return !collected && collected.error().code == ErrorCode::kUnreachable;
  }));
}

TEST_CASE_METHOD(DaemonFixture, "where no VM matches the VMs are not listed in every cycle") {
  options.filter = {{"nobody"}, {}};
  options.lanes = 1;
  Make();
  REQUIRE(Eventually([this] { return Collect().has_value() && IsConnected(); }));
  const int lists = daemon.calls(Function::kList);
  for (int i = 0; i < 5; ++i) REQUIRE(Collect().has_value());
  CHECK(daemon.calls(Function::kList) == lists);
  CHECK(snapshot.up);
}

TEST_CASE_METHOD(DaemonFixture, "a first list that waits for a VM's lock is waited for and not made twice") {
  daemon.Lock(4);
  options.timeout = std::chrono::milliseconds(300);
  Make();
  CHECK(Collect().error().code == ErrorCode::kTimeout);
  for (int i = 0; i < 6; ++i) CHECK(Collect().error().code == ErrorCode::kTimeout);
  CHECK(daemon.most_waiting_on(4) <= 2);
  daemon.Unlock(4);
  CHECK(Eventually([this] { return CollectedInFull(); }));
}

TEST_CASE_METHOD(DaemonFixture, "a hypervisor that refuses to list its VMs is connected to ever less often") {
  daemon.RefuseLists();
  Make();
  for (int i = 0; i < 50; ++i) CHECK(Collect().error().code == ErrorCode::kDenied);
  CHECK(daemon.calls(Function::kOpen) <= 10);
}

TEST_CASE("when the reading of devices fails as a whole, only the devices are missing and the source goes on") {
  LibvirtHooks hooks;
  hooks.before = [](const LibvirtHooks::Call& call) {
    if (call.function == LibvirtHooks::Function::kXml) throw std::runtime_error("out of luck");
    return true;
  };
  FiniteClock clock;
  CollectOptions options = DefaultConfig().collect;
  const auto source = MakeLibvirtSource({.uri = "test://" VMTELEM_NODE_XML}, options, clock, MakeNullLogger());
  Snapshot snapshot;
  CHECK_NOTHROW(source->Collect(snapshot));
}

TEST_CASE("a list that is asked for while devices are read waits for its turn") {
  LibvirtHooks hooks;
  hooks.before = [](const LibvirtHooks::Call& call) {
    const bool is_slow =
        call.function == LibvirtHooks::Function::kXml || call.function == LibvirtHooks::Function::kInfo;
    if (is_slow) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return true;
  };
  SystemClock clock;
  CollectOptions options = DefaultConfig().collect;
  options.device_cache_ttl = Nanoseconds(0);
  const auto source = MakeLibvirtSource({.uri = "test://" VMTELEM_NODE_XML}, options, clock, MakeNullLogger());
  Snapshot snapshot;
  REQUIRE(source->Collect(snapshot).has_value());  // starts to read the devices again
  const auto list = source->List(ListScope::kActive);
  REQUIRE(list.has_value());
  CHECK(list->size() == 3);
}

}  // namespace
}  // namespace vmtelem
