#include "cmd/once_sample.h"

#include <utility>

#include "encode/text_encoders.h"

namespace vmtelem {

OnceSample::OnceSample(HostCalls& hosts, Clock& clock, EncodeOptions options, const LoggerPtr& log)
    : hosts_(hosts), options_(options) {
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    parts_.push_back(std::make_unique<SampleCycle>(hosts.source(i), clock, options, log));
  }
}

void OnceSample::Take(Nanoseconds window) {
  std::vector<Result<void>> taken(parts_.size());
  hosts_.Ask([&](std::size_t i) { taken[i] = parts_[i]->Take(window); });
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    parts_[i]->snapshot().host = hosts_.tag(i);
    if (!taken[i]) faults_.push_back({hosts_.tag(i), std::move(taken[i].error())});
  }
}

std::vector<const Snapshot*> OnceSample::snapshots() const {
  std::vector<const Snapshot*> snapshots;
  for (const auto& part : parts_) snapshots.push_back(&part->snapshot());
  return snapshots;
}

Lines OnceSample::Encode() {
  Lines lines;
  for (const auto& part : parts_) lines.Append(part->Encode());
  return lines;
}

std::string OnceSample::Json() const {
  std::string text;
  for (const auto& part : parts_) text += JsonLines(part->snapshot(), part->derived(), part->timings(), options_);
  return text;
}

}  // namespace vmtelem
