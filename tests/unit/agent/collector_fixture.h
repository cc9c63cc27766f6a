#pragma once

#include <sstream>
#include <string>

#include <spdlog/sinks/ostream_sink.h>

#include "agent/collector.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_source.h"

namespace vmtelem {

// A collector of a hypervisor in memory, with what it writes and logs, on a clock that only the test moves.
struct CollectorFixture {
  std::string Cycle() {
    collector.RunOnce();
    clock.Advance(std::chrono::seconds(1));
    return TakeLines();
  }
  // For the first time, which is logged.
  void Answered() {
    Cycle();
    logged.str("");
  }
  std::string TakeLines() { return queue.TakeAll().bytes; }

  FakeClock clock;
  FakeSource source{clock};
  Ledger ledger;
  LineQueue queue{1 << 20, ledger, [] {}};
  std::ostringstream logged;
  LoggerPtr log =
      MakeLogger(std::make_shared<spdlog::sinks::ostream_sink_mt>(logged), LogFormat::kJournald, LogLevel::kInfo);
  std::vector<std::size_t> first_answers;  // the number of VMs in each
  HostLog host_log{log};
  HostTags tags;
  Collector collector{{.interval = std::chrono::seconds(1),
                       .encode = {},
                       .on_first_answer = [this](const Snapshot& s) { first_answers.push_back(s.domains.size()); },
                       .shows_samples = true},
                      {source, queue, clock, host_log},
                      tags.Add("host1", 1),
                      "fake:///one",
                      log};
};

}  // namespace vmtelem
