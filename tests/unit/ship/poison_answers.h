#pragma once

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "fake_target.h"
#include "fakes/sample_lines.h"

// Servers that do not take some lines.
namespace vmtelem {

using Numbers = std::set<std::size_t>;

inline std::vector<std::size_t> PositionsOf(const Numbers& numbers, const Batch& batch) {
  Numbers found;
  for (const std::size_t number : numbers) {
    const std::string line = SampleLine(number);
    for (std::size_t i = 0; i < batch.line_count(); ++i) {
      if (batch.line(i) == line) found.insert(i);
    }
  }
  return {found.begin(), found.end()};
}

inline bool Holds(const Batch& batch, std::size_t number) {
  return batch.bytes().find(SampleLine(number) + "\n") != std::string::npos;
}

inline bool HoldsAny(const Batch& batch, const Numbers& numbers) {
  return std::any_of(numbers.begin(), numbers.end(), [&](std::size_t number) { return Holds(batch, number); });
}

// Answers so whenever one of these lines is in a batch, and stores nothing of it then.
inline FakeTarget::Answer When(const Numbers& bad, const Verdict& verdict) {
  return [bad, verdict](const Batch& batch) { return HoldsAny(batch, bad) ? verdict : Verdict{}; };
}

// Stores the others and names these, as InfluxDB 3 does.
inline FakeTarget::Answer Names(const Numbers& bad) {
  return [bad](const Batch& batch) {
    const auto positions = PositionsOf(bad, batch);
    if (positions.empty()) return Verdict{};
    return SayLines(positions.size() < batch.line_count() ? Action::kAckPartly : Action::kRefuse, positions);
  };
}

// Stores nothing and names the first of these, as servers do that cannot parse it.
inline FakeTarget::Answer NamesFirst(const Numbers& bad) {
  return [bad](const Batch& batch) {
    const auto positions = PositionsOf(bad, batch);
    return positions.empty() ? Verdict{} : SayLines(Action::kRefuse, {positions.front()});
  };
}

}  // namespace vmtelem
