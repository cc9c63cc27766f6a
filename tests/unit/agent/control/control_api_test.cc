#include "agent/control/control_api.h"

#include <array>
#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

#include "fakes/default_settings.h"
#include "fakes/eventually.h"
#include "fakes/fake_source.h"
#include "fakes/instant_sink.h"
#include "fakes/null_logger.h"
#include "spool/memory_spool.h"
#include "unit/agent/given_sources.h"

namespace vmtelem {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using Json = nlohmann::ordered_json;

// The answers about an agent that samples one hypervisor every interval.
struct Asked {
  explicit Asked(Nanoseconds interval = 50ms) : interval_(interval) {}

  void Start(std::unique_ptr<FakeSource> source) {
    agent_ = std::make_unique<Agent>(
        AgentOptions{.collect = {.interval = interval_, .encode = {}, .shows_samples = true}, .delivery = delivery_},
        Giving(std::move(source)),
        DeliveryTarget{std::make_unique<InstantSink>(std::make_shared<Received>()),
                       std::make_unique<MemorySpool>(delivery_)},
        clock, MakeNullLogger());
    api_ = std::make_unique<ControlApi>(
        ControlApi::Parts{*agent_, clock, Json{{"influx_db", "vms"}}, {"1.2", "abc"}, interval_});
    agent_->Start(kOneHypervisor);
  }
  HttpResponse Ask(const std::string& method, const std::string& path, std::vector<HttpField> query = {}) {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.query = std::move(query);
    return HttpRouter(api_->Routes()).Answer(request).response;
  }
  std::string Body(HttpResponse response) {
    if (!response.source) return response.body;
    std::string body;
    std::array<char, 7> part{};
    while (const std::size_t size = response.source(part.data(), part.size())) body.append(part.data(), size);
    return body;
  }
  std::string Get(const std::string& path) { return Body(Ask("GET", path)); }
  bool Shows(const std::string& path, const std::string& text) {
    return Eventually([&] { return Get(path).find(text) != std::string::npos; });
  }

  SystemClock clock;

  const Nanoseconds interval_;
  const DeliveryOptions delivery_ = DefaultDelivery();
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<ControlApi> api_;
};

std::unique_ptr<FakeSource> WithVms(Clock& clock, const std::vector<std::string>& names) {
  auto source = std::make_unique<FakeSource>(clock);
  for (const std::string& name : names) source->domains.push_back(MakeDomain(name, 1));
  return source;
}

std::unique_ptr<FakeSource> Failing(Clock& clock, const std::string& message) {
  auto source = std::make_unique<FakeSource>(clock);
  source->failure = Error{ErrorCode::kTimeout, message, {}};
  return source;
}

TEST_CASE_METHOD(Asked, "a list of VMs that is sent in small parts is whole") {
  Start(WithVms(clock, {"a", "b", "c"}));
  REQUIRE(Shows("/api/telemetry/vms", R"("count":3)"));
  const Json vms = Json::parse(Get("/api/telemetry/vms"));
  REQUIRE(vms["vms"].size() == 3);
  CHECK(vms["vms"][2]["name"] == "c");
}

TEST_CASE_METHOD(Asked, "an error with bytes that are no UTF-8 is shown all the same") {
  Start(Failing(clock, "node \xff does not answer"));
  REQUIRE(Shows("/api/telemetry/status", "does not answer"));
  CHECK(Json::accept(Get("/api/telemetry/status")));
}

TEST_CASE_METHOD(Asked, "a hypervisor that does not answer serves no VM, and says so") {
  Start(Failing(clock, "it does not answer"));
  REQUIRE(Shows("/metrics", "libvirt_up{host=\"host1\"} 0\n"));
  CHECK_THAT(Get("/metrics"), !Contains("libvirt_domain"));
  CHECK(Json::parse(Get("/api/telemetry/vms"))["count"] == 0);
  CHECK(Ask("GET", "/readyz").status == 503);
}

TEST_CASE_METHOD(Asked, "a value that is older than two intervals is not shown") {
  auto source = WithVms(clock, {"a"});
  auto hangs = std::make_shared<std::atomic<bool>>(false);
  source->before_collect = [hangs] {
    while (*hangs) std::this_thread::sleep_for(1ms);
  };
  Start(std::move(source));
  REQUIRE(Shows("/api/telemetry/vms", R"("count":1)"));
  *hangs = true;
  CHECK(Shows("/api/telemetry/vms", R"("count":0)"));
  *hangs = false;
  CHECK(Shows("/api/telemetry/vms", R"("count":1)"));
}

TEST_CASE_METHOD(Asked, "a pause serves no VM and is in the metrics") {
  Start(WithVms(clock, {"a"}));
  REQUIRE(Shows("/metrics", "libvirt_domain_info"));
  CHECK(Json::parse(Body(Ask("POST", "/api/telemetry/stop")))["status"] == "stopped");
  CHECK_THAT(Get("/metrics"), Contains("vmtelem_paused 1\n") && !Contains("libvirt_domain"));
  CHECK(Json::parse(Body(Ask("POST", "/api/telemetry/start")))["details"]["running"] == true);
  CHECK(Shows("/metrics", "libvirt_domain_info"));
}

TEST_CASE_METHOD(Asked, "answers are counted by path and status") {
  Start(WithVms(clock, {"a"}));
  for (const int status : {200, 404, 200}) api_->NoteAnswer("/healthz", status);
  CHECK_THAT(Get("/metrics"), Contains("vmtelem_http_requests_total{path=\"/healthz\",code=\"200\"} 2\n") &&
                                  Contains("vmtelem_http_requests_total{path=\"/healthz\",code=\"404\"} 1\n"));
}

TEST_CASE_METHOD(Asked, "a host that is not there has no metrics") {
  Start(WithVms(clock, {"a"}));
  CHECK(Ask("GET", "/metrics", {{"host", "nobody"}}).status == 404);
  CHECK(Ask("GET", "/metrics", {{"host", "host1"}}).status == 200);
}

}  // namespace
}  // namespace vmtelem
