// When many agents send that have the same ticks: requests in each tenth of a second at the database, with the batcher
// and the back-off of the program on a clock of their own. Each column is without and with a phase and jitter.
//
//   flush_spread [AGENTS]        default: 500
#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text_hash.h"
#include "fakes/default_settings.h"
#include "ship/batcher.h"
#include "ship/target_backoff.h"

namespace vmtelem {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Times = std::vector<Nanoseconds>;

constexpr Nanoseconds kInterval = seconds(1), kLasts = seconds(60);
constexpr Nanoseconds kOutage = seconds(95), kRequestTimeout = seconds(30);  // of the outage and after it

std::string NameOf(int agent) { return fmt::format("kvm{:03}.example.org", agent); }

DeliveryOptions OptionsOf(const std::string& name, bool spreads) {
  DeliveryOptions options = DefaultDelivery();
  if (spreads) options.flush_phase = PhaseOf(name);
  return options;
}

std::function<double()> RandomOf(int agent, bool spreads) {
  if (!spreads) return [] { return 1.0; };
  return [engine = std::mt19937_64(static_cast<std::uint64_t>(agent))]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

// The lines of 50 VMs, with the stamp of their tick.
Lines Sample(Nanoseconds tick) { return {std::string(300, '\n'), 300, tick.count(), tick.count()}; }

// When one agent sends while all is well. A collection takes some milliseconds.
Times Sends(int agent, bool spreads) {
  const DeliveryOptions options = OptionsOf(NameOf(agent), spreads);
  Batcher batcher(options);
  std::mt19937_64 engine(static_cast<std::uint64_t>(agent));
  Times sends;
  for (Nanoseconds tick = kInterval; tick < kLasts; tick += kInterval) {
    const Nanoseconds collected = tick + milliseconds(5 + engine() % 20);
    for (auto due = batcher.DueAt(Pace::kPrompt); due && *due < SteadyTime(collected);) {
      sends.push_back(due->time_since_epoch());
      batcher.Take();
      due = batcher.DueAt(Pace::kPrompt);
    }
    batcher.Add(Sample(tick), SteadyTime(collected));
  }
  return sends;
}

enum class Outage { kRefused, kPutOff, kSilent };

// The first two requests of an agent after the database is back, `kOutage` after the first one that failed.
Times Returns(int agent, Outage outage, bool spreads) {
  const DeliveryOptions options = OptionsOf(NameOf(agent), spreads);
  TargetBackoff backoff(options, RandomOf(agent, spreads));
  const SteadyTime back{kOutage};
  SteadyTime at{std::chrono::duration_cast<Nanoseconds>(options.flush_phase.value_or(0) * seconds(1))};
  bool is_answered = at >= back;
  while (at < back && !is_answered) {
    if (outage == Outage::kRefused) backoff.Retry(backoff.round(), at, std::nullopt);
    if (outage == Outage::kPutOff) backoff.Retry(backoff.round(), at, seconds(5));
    if (outage == Outage::kSilent) {
      is_answered = at + kRequestTimeout > back;
      if (!is_answered) backoff.AwaitSign(at + kRequestTimeout);
    }
    if (!is_answered) at = backoff.ready_at();
  }
  const SteadyTime answered = std::max(at, back);
  backoff.Open(backoff.round(), answered);
  const SteadyTime next = std::max(backoff.ready_at(), answered);
  Times sent{next - back};
  if (!is_answered) sent.push_back(at - back);
  return sent;
}

using PerTenth = std::array<std::size_t, 10>;

struct Spread {
  PerTenth first{};      // of the first second; of all seconds together, if all are alike
  std::size_t most = 0;  // in any tenth
};

Spread SpreadOf(const Times& times, bool are_alike) {
  std::vector<std::size_t> tenths;
  Spread spread;
  for (const Nanoseconds time : times) {
    const auto tenth = static_cast<std::size_t>(time / milliseconds(100));
    tenths.resize(std::max(tenths.size(), tenth + 1));
    spread.most = std::max(spread.most, ++tenths[tenth]);
    if (are_alike || tenth < spread.first.size()) ++spread.first.at(tenth % spread.first.size());
  }
  return spread;
}

void Print(const char* what, int agents, bool are_alike, const std::function<Times(int, bool)>& of_agent) {
  for (const bool spreads : {false, true}) {
    Times all;
    for (int agent = 1; agent <= agents; ++agent) {
      const Times sent = of_agent(agent, spreads);
      all.insert(all.end(), sent.begin(), sent.end());
    }
    const Spread spread = SpreadOf(all, are_alike);
    fmt::print("{:<34} {:<7} most in 100 ms: {:>5}   {}\n", what, spreads ? "with" : "without", spread.most,
               fmt::join(spread.first, " "));
  }
}

void Run(int agents) {
  fmt::print("{} agents, ticks of 1 s; at the right the ten tenths of a second\n", agents);
  Print("all is well, a minute", agents, true, [](int agent, bool spreads) { return Sends(agent, spreads); });
  Print("back after refusing connections", agents, false,
        [](int agent, bool spreads) { return Returns(agent, Outage::kRefused, spreads); });
  Print("back after 429, Retry-After: 5", agents, false,
        [](int agent, bool spreads) { return Returns(agent, Outage::kPutOff, spreads); });
  Print("back after silence", agents, false,
        [](int agent, bool spreads) { return Returns(agent, Outage::kSilent, spreads); });
}

}  // namespace
}  // namespace vmtelem

int main(int argc, char** argv) { vmtelem::Run(argc > 1 ? std::atoi(argv[1]) : 500); }
