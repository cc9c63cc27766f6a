#include "encode/influx_encoder.h"

#include <utility>

#include "encode/line_writer.h"
#include "encode/names.h"
#include "encode/series.h"
#include "encode/walk.h"

namespace vmtelem {

struct InfluxEncoder::State {
  EncodeOptions options;
  NameRepairs repairs;
  NamedSeries host{Measurement::kHost, "host"};
  NamedSeries agent{Measurement::kAgent, "agent"};
  SeriesCache domains{};
};

InfluxEncoder::InfluxEncoder(EncodeOptions options, LoggerPtr log)
    : state_(new State{options, NameRepairs(std::move(log))}) {}
InfluxEncoder::~InfluxEncoder() = default;

void InfluxEncoder::AppendDomains(const Snapshot& snapshot, const std::vector<DomainDerived>& derived, Lines& out) {
  static const DomainDerived kNothing;
  state_->host.Of(snapshot.host, state_->repairs);
  LineProtocolWriter writer(out);
  for (std::size_t i = 0; i < snapshot.domains.size(); ++i) {
    const DomainStats& domain = snapshot.domains[i];
    const DomainSeries& series = state_->domains.Of(state_->host.tag(), domain, state_->options, state_->repairs);
    DomainWalk walk(writer, series, WallNs(snapshot, domain));
    walk.Write(domain, i < derived.size() ? derived[i] : kNothing, state_->options);
  }
  if (snapshot.up) state_->domains.ForgetUnused();
}

void InfluxEncoder::AppendHost(const Snapshot& snapshot, const CycleTimings& timings, Lines& out) {
  LineProtocolWriter writer(out);
  writer.Begin(state_->host.Of(snapshot.host, state_->repairs), snapshot.stamp.wall_ns);
  WriteHost(writer, snapshot, timings);
  writer.End();
}

void InfluxEncoder::AppendAgent(std::string_view agent, const Stamp& stamp, const AgentReport& report, Lines& out) {
  LineProtocolWriter writer(out);
  writer.Begin(state_->agent.Of(agent, state_->repairs), stamp.wall_ns);
  WriteAgent(writer, report);
  writer.End();
}

void InfluxEncoder::LogNameRepairs() { state_->repairs.Log(); }

std::uint64_t InfluxEncoder::names_repaired() const { return state_->repairs.count(); }

}  // namespace vmtelem
