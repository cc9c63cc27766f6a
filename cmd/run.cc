#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/spool_setup.h"
#include "base/local_host_name.h"
#include "base/parse.h"
#include "base/text.h"
#include "base/text_hash.h"
#include "base/url.h"
#include "cmd/command.h"
#include "cmd/control_server.h"
#include "cmd/hypervisor_reload.h"
#include "cmd/missing_vms.h"
#include "cmd/spool_place.h"
#include "cmd/stop_signals.h"
#include "cmd/version.h"
#include "influx/influx_sink.h"
#include "libvirt/libvirt_source.h"
#include "ship/stdout_sink.h"

namespace vmtelem {
namespace {

// Ours to tell the main thread, which waits for signals and nothing else, that stdout broke.
int BrokenOutputSignal() { return SIGRTMIN; }

constexpr Nanoseconds kSameRequestFor = std::chrono::seconds(1);  // in which several signals are one request

sigset_t WaitedSignals(Hangup hangup) {
  sigset_t set = StopSignals(hangup);
  for (const int number : {SIGUSR1, BrokenOutputSignal(), HypervisorReload::DoneSignal()}) sigaddset(&set, number);
  if (hangup == Hangup::kReloads) sigaddset(&set, SIGHUP);
  return set;
}

// Blocked before any thread exists, so that each inherits it and only main, in sigwait(), ever takes one.
void BlockSignals(Hangup hangup) {
  sigset_t set = WaitedSignals(hangup);
  sigaddset(&set, PatienceSignal());
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

// Returns the signal that ends the run.
int WaitForStop(const Context& context, Hangup hangup, Agent& agent, HypervisorReload& reload) {
  const sigset_t set = WaitedSignals(hangup);
  while (true) {
    int number = 0;
    if (::sigwait(&set, &number) != 0) continue;
    if (number == SIGUSR1) {
      context.log->info("{}", agent.StatusLine());
    } else if (number == SIGHUP && hangup == Hangup::kReloads) {
      reload.Begin();
    } else if (number == HypervisorReload::DoneSignal()) {
      reload.Finish();
    } else {
      return number;
    }
  }
}

// What broke stdout: noted on the writer's thread, read on main's.
class BrokenOutput {
 public:
  void Note(const Error& error) {
    {
      const std::lock_guard guard(mutex_);
      error_ = error;
    }
    ::kill(::getpid(), BrokenOutputSignal());
  }
  [[nodiscard]] std::optional<Error> error() const {
    const std::lock_guard guard(mutex_);
    return error_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Error> error_;
};

Result<std::unique_ptr<Sink>> MakeSink(const Context& context, Clock& clock, BrokenOutput& broken) {
  if (!context.arguments.Has("--stdout")) return MakeInfluxSink(context.config().influx, clock, context.log);
  return std::make_unique<StdoutSink>(context.process.stdout_fd, [&](const Error& error) { broken.Note(error); });
}

Result<std::unique_ptr<Spool>> OpenSpool(const Context& context, const DeliveryOptions& options, Clock& clock) {
  auto lock = LockSpool(context, SpoolRole::kService);
  if (!lock) return MakeMemorySpool(options);
  return OpenServiceSpool(options, std::move(*lock), clock, context.log);
}

std::string NameOf(const std::vector<Hypervisor>& hypervisors) {
  return hypervisors.size() == 1 ? MaskUrl(hypervisors[0].uri) : CountOf(hypervisors.size(), "hypervisor");
}

void LogStart(const Context& context) {
  const Config& config = context.config();
  const bool prints = context.arguments.Has("--stdout");
  const bool spools = !prints && !context.arguments.Has("--no-spool") && !config.delivery.spool_dir.empty();
  context.log->info("vmtelem {} started: {} every {}, to {}{}", ThisBuild().version, NameOf(config.hypervisors),
                    FormatDuration(config.interval), prints ? "stdout" : MaskUrl(config.influx.url),
                    spools ? fmt::format(", spool in {}", config.delivery.spool_dir) : "");
}

void LogEnd(const Context& context, const LineCounts& lines) {
  context.log->info(
      "stopped: {} lines sampled, {} recovered, {} written, {} left in the spool, {} rejected, {} dropped{}",
      lines.sampled, lines.recovered, lines.written, lines.spooled, lines.rejected, lines.dropped,
      lines.handed_over > 0 ? fmt::format(", {} handed over to another process", lines.handed_over) : "");
}

// A daemon that hangs at the start is to be named in the first lines, not after the time-out of one call. A
// connection over ssh takes a second or two.
CollectOptions CollectForService(const Config& config) {
  CollectOptions options = config.collect;
  options.first_answer_timeout = std::chrono::seconds(5);
  options.interval = config.interval;
  return options;
}

// Several processes on one machine have a shard each.
std::string AgentName(const Shard& shard) {
  return shard.count == 1 ? LocalHostName() : fmt::format("{}:{}/{}", LocalHostName(), shard.index, shard.count);
}

// None where a VM that none of them has may be on a hypervisor of another shard.
std::size_t HostsThatShowMissingVms(const Context& context) {
  const std::size_t hosts = context.config().hypervisors.size();
  return hosts == context.loaded.hypervisors_in_all ? hosts : 0;
}

AgentOptions MakeAgentOptions(const Context& context, const DeliveryOptions& delivery, MissingVms& missing) {
  const Config& config = context.config();
  return {.collect = {.interval = config.interval,
                      .encode = config.encode,
                      .on_first_answer = [&](const Snapshot& first) { missing.NoteFirstAnswer(first); },
                      .shows_samples = config.listen.address.has_value()},
          .delivery = delivery,
          .name = AgentName(config.shard)};
}

DeliveryOptions MakeDeliveryOptions(const Context& context) {
  DeliveryOptions options = context.config().delivery;
  options.flush_phase = PhaseOf(AgentName(context.config().shard));
  if (context.arguments.Has("--stdout")) options.batch_max_age = {};  // a pipe is read as it is written
  return options;
}

ExitCode ExitCodeFor(const Context& context, const BrokenOutput& broken, const LineCounts& lines) {
  if (const auto error = broken.error()) return ReportFailure(context, *error);
  return lines.dropped + lines.rejected == 0 ? ExitCode::kOk : ExitCode::kPartial;
}

// At once, since its thread may wake up and use what this function's caller destroys.
[[noreturn]] void LeaveStuckWriter(const Context& context, const LineCounts& lines) {
  context.log->error("delivery does not end, does the disk of the spool answer? {} in memory lost",
                     CountOf(lines.queued + lines.in_flight, "line"));
  ::_exit(static_cast<int>(ExitCode::kIo));
}

}  // namespace

Outcome RunRun(const Context& context) {
  SystemClock clock;
  BrokenOutput broken;
  auto sink = MakeSink(context, clock, broken);
  if (!sink) return {ReportFailure(context, sink.error())};
  const DeliveryOptions delivery = MakeDeliveryOptions(context);
  const Drain drain{.timeout = delivery.drain_timeout, .stops_on_hold = context.arguments.Has("--stdout")};
  auto spool = OpenSpool(context, delivery, clock);  // a disk that does not answer must not keep signals off
  if (!spool) return {ReportFailure(context, spool.error())};
  ControlServer control(context);
  if (auto listens = control.Listen(); !listens) return {ReportFailure(context, listens.error())};
  const Hangup hangup = MeaningOfHangup();
  BlockSignals(hangup);
  MissingVms missing(context.config().collect.filter, HostsThatShowMissingVms(context), context.log);
  const auto make_source = [&, collect = CollectForService(context.config())](const Hypervisor& hypervisor) {
    return MakeLibvirtSource(hypervisor, collect, clock, context.log, context.bounds);
  };
  Agent agent(MakeAgentOptions(context, delivery, missing), make_source, {std::move(*sink), std::move(*spool)}, clock,
              context.log);
  if (auto serves = control.Start(agent, clock); !serves) return {ReportFailure(context, serves.error())};
  agent.Start(context.config().hypervisors);
  LogStart(context);
  HypervisorReload reload(context, agent, control.connections());
  const int number = WaitForStop(context, hangup, agent, reload);
  const bool was_asked = number != BrokenOutputSignal();
  LetLaterSignalLeave(hangup, was_asked ? kSameRequestFor : Nanoseconds::zero());
  if (was_asked) {
    context.log->info("stopping on SIG{}: at most {} to deliver what waits; a signal after more than {} leaves at once",
                      ::sigabbrev_np(number), FormatDuration(drain.timeout), FormatDuration(kSameRequestFor));
  }
  control.Stop();
  const LineCounts lines = agent.Stop(drain).lines;
  LogEnd(context, lines);
  if (agent.writer_is_stuck()) LeaveStuckWriter(context, lines);
  return {ExitCodeFor(context, broken, lines), agent.unreturned_calls() > 0 || reload.is_reading()};
}

}  // namespace vmtelem
