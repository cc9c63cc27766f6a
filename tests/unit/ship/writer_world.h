#pragma once

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <spdlog/sinks/ostream_sink.h>

#include "fake_target.h"
#include "fakes/default_settings.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_spool.h"
#include "fakes/sample_lines.h"
#include "ledger_sum.h"
#include "ship/writer.h"
#include "spool/memory_spool.h"

namespace vmtelem {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A writer with everything around it. Lines are numbered in the order of Push(); Run() delivers until the stop that was
// asked for by StopAt(). After every step the ledger has to add up.
class WriterWorld {
 public:
  explicit WriterWorld(std::uint64_t memory_bytes = 64ULL << 20)
      : target(clock), queue(memory_bytes, ledger, [this] { target.Wake(); }) {
    memory_options.queue_max_bytes = 2 * memory_bytes;
    target.after_wait = [this] { adds_up = adds_up && LedgerAddsUp(ledger.counts()); };
  }

  void Push(std::size_t lines) {
    queue.Push(SampleLines(pushed, lines));
    pushed += lines;
  }
  void PushAt(Nanoseconds when, std::size_t lines) {
    target.At(when, [this, lines] { Push(lines); });
  }
  void PushEvery(Nanoseconds period, std::size_t lines, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) PushAt(period * static_cast<Nanoseconds::rep>(i), lines);
  }
  void StopAt(Nanoseconds when, Nanoseconds drain_timeout = seconds(15)) {
    target.At(when, [this, drain_timeout] { writer->Stop({drain_timeout, stops_on_hold}); });
  }

  void Run() {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(log_text_);
    writer.emplace(options, Writer::Parts{queue, *spool, target, ledger, clock, nullptr, random},
                   MakeLogger(std::move(sink), LogFormat::kJournald, log_level));
    writer->Run();
    adds_up = adds_up && LedgerAddsUp(ledger.counts());
  }

  // Log lines with this text in them.
  [[nodiscard]] std::vector<std::string> Logged(const std::string& part = "") const {
    std::vector<std::string> lines;
    std::istringstream text(log_text_.str());
    for (std::string line; std::getline(text, line);) {
      if (line.find(part) != std::string::npos) lines.push_back(line);
    }
    return lines;
  }
  // Every line from 0 on that was pushed, but those at `except`, is stored.
  [[nodiscard]] bool AllStoredBut(const std::set<std::size_t>& except) const {
    std::set<std::string> expected;
    for (std::size_t i = 0; i < pushed; ++i) {
      if (except.count(i) == 0) expected.insert(SampleLine(i));
    }
    return target.stored == expected;
  }
  [[nodiscard]] LineCounts counts() const { return ledger.counts(); }

  FakeClock clock;
  FakeTarget target;
  Ledger ledger;
  LineQueue queue;
  DeliveryOptions memory_options = DefaultDelivery();
  MemorySpool memory{memory_options};
  FakeSpool disk;
  Spool* spool = &memory;  // the one in use
  DeliveryOptions options = DefaultDelivery();
  std::function<double()> random = [] { return 0.999; };
  bool stops_on_hold = false;
  LogLevel log_level = LogLevel::kInfo;
  std::optional<Writer> writer;
  std::size_t pushed = 0;
  bool adds_up = true;

 private:
  std::ostringstream log_text_;
};

}  // namespace vmtelem
