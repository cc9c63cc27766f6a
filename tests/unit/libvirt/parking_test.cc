#include <catch2/catch.hpp>

#include "gate.h"
#include "libvirt/libvirt_source.h"
#include "libvirt_hooks.h"

namespace vmtelem {
namespace {

// A source whose calls to libvirt can be held inside libvirt.
struct Fixture {
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::atomic<bool> hold{false};
  LibvirtHooks hooks;
  GateClock clock{gate};
  Snapshot snapshot;
  std::unique_ptr<Source> source;

  Fixture() {
    hooks.before_list = [this] {
      if (hold) gate->Pass();
    };
    CollectOptions options;
    options.hypervisor.uri = "test://" VMTELEM_NODE_XML;
    source = MakeLibvirtSource(options, clock, MakeNullLogger());
  }
  // Collects until `count` calls are held inside libvirt and given up.
  void Hang(int count) {
    hold = true;
    for (int i = 0; i < count; ++i) {
      const auto collected = source->Collect(snapshot);
      REQUIRE_FALSE(collected.has_value());
      CHECK(collected.error().code == ErrorCode::kTimeout);
    }
    hold = false;
  }
  // So that no thread is left behind beyond the test.
  bool LetGo() {
    gate->Open();
    return Eventually([this] { return source->Collect(snapshot).has_value() && snapshot.lanes_parked == 0; });
  }
};

TEST_CASE("an interrupted source ends the call in progress and refuses all later ones") {
  const auto gate = std::make_shared<Gate>();
  LibvirtHooks hooks;
  hooks.before_list = [gate] { gate->Pass(); };
  SystemClock clock;
  CollectOptions options;
  options.hypervisor.uri = "test://" VMTELEM_NODE_XML;
  const auto source = MakeLibvirtSource(options, clock, MakeNullLogger());
  std::thread interrupter([&] {
    gate->AwaitArrivals(1);
    source->Interrupt();
  });
  Snapshot snapshot;
  CHECK(source->Collect(snapshot).error().code == ErrorCode::kClosed);
  interrupter.join();
  CHECK(source->Collect(snapshot).error().code == ErrorCode::kClosed);
  CHECK(gate->arrivals() == 1);
  gate->Open();
  CHECK(source->List(ListScope::kAll).error().code == ErrorCode::kClosed);
  CHECK(Eventually([&] { return source->Collect(snapshot), snapshot.lanes_parked == 0; }));
}

TEST_CASE_METHOD(Fixture, "a call that hangs costs its own cycle and the next one is complete") {
  Hang(1);
  CHECK_FALSE(snapshot.up);
  CHECK(snapshot.lanes_parked == 1);
  CHECK(snapshot.lanes == 0);
  REQUIRE(source->Collect(snapshot).has_value());
  CHECK(snapshot.domains.size() == 3);
  CHECK(snapshot.lanes_parked == 1);
  CHECK(snapshot.lanes == 1);
  CHECK(LetGo());
}

TEST_CASE_METHOD(Fixture, "with eight calls blocked no more are made until one returns") {
  Hang(8);
  const int opens = hooks.opens;
  const auto refused = source->Collect(snapshot);
  CHECK(refused.error().code == ErrorCode::kTimeout);
  CHECK(refused.error().message.find("8 calls") != std::string::npos);
  CHECK(snapshot.lanes_parked == 8);
  CHECK(hooks.opens == opens);
  CHECK(LetGo());
  CHECK(snapshot.domains.size() == 3);
}

TEST_CASE_METHOD(Fixture, "a source is destroyed although a call of its own has not returned") {
  Hang(1);
  source.reset();
  CHECK(hooks.closes == 0);
  gate->Open();
  CHECK(Eventually([this] { return hooks.closes == 1; }));
}

}  // namespace
}  // namespace vmtelem
