#pragma once

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <spdlog/sinks/ostream_sink.h>

#include "fakes/default_settings.h"
#include "influx/influx_sink.h"
#include "leaping_clock.h"

namespace vmtelem {

inline const std::string kToken = "s3cr3t-0123456789-token";
inline const std::string kLines = "m,i=1 v=1i 1\nm,i=2 v=2i 2\nm,i=3 v=3i 3\n";

inline std::shared_ptr<const Batch> ThreeLines() { return std::make_shared<const Batch>(Lines{kLines, 3, 1, 3}); }

inline InfluxTarget TargetAt(const std::string& url, InfluxApi api = InfluxApi::kV3) {
  InfluxTarget target = DefaultConfig().influx;
  target.api = api;
  target.url = url;
  target.database = "vmstats";
  target.org = "an org";
  target.user = api == InfluxApi::kV1 ? "writer" : "";
  target.token = Secret(kToken);
  target.token_origin = "INFLUX_TOKEN";
  target.timeout = std::chrono::seconds(10);
  return target;
}

// A sink against a real server, with everything that it logs.
class SinkWorld {
 public:
  explicit SinkWorld(const InfluxTarget& target) {
    auto log_sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text_);
    auto made = MakeInfluxSink(target, clock_, MakeLogger(std::move(log_sink), LogFormat::kText, LogLevel::kTrace));
    REQUIRE(made);
    sink = std::move(*made);
  }

  // Sends the batch and waits for its outcome.
  Verdict Send(std::shared_ptr<const Batch> batch = ThreeLines()) {
    sink->Start(++last_id_, std::move(batch));
    const auto until = clock_.SteadyNow() + std::chrono::seconds(30);
    while (clock_.SteadyNow() < until) {
      for (Completion& completion : sink->Wait(std::chrono::seconds(1))) {
        CHECK(completion.id == last_id_);
        said_ += completion.verdict.reason + completion.verdict.hint;
        status_ = completion.status;
        return std::move(completion.verdict);
      }
    }
    FAIL("no outcome within 30 s");
    return {};
  }

  // As after the time in which the sink finds out whether the server may be trusted with a connection twice.
  void EndReuseTrial() { clock_.leapt_ns += Nanoseconds(std::chrono::seconds(3)).count(); }

  [[nodiscard]] std::string logged() const { return log_text_.str(); }
  // Of the last completion.
  [[nodiscard]] int status() const { return status_; }
  // Everything that left the sink as text.
  [[nodiscard]] std::string told() const { return said_ + log_text_.str(); }

  std::unique_ptr<Sink> sink;

 private:
  LeapingClock clock_;
  std::ostringstream log_text_;
  std::string said_;
  TransferId last_id_ = 0;
  int status_ = 0;
};

}  // namespace vmtelem
