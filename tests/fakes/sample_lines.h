#pragma once

#include <memory>
#include <string>

#include "model/batch.h"
#include "model/delivery.h"

namespace vmtelem {

// Line `number`, the same length for all below a million, so that sizes can be reckoned with.
inline std::string SampleLine(std::size_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, digits.size() < 6 ? 6 - digits.size() : 0, '0');
  return "m,i=" + digits + " v=1i 1";
}

inline Lines SampleLines(std::size_t first, std::size_t count) {
  Lines lines;
  for (std::size_t i = first; i < first + count; ++i) {
    lines.bytes += SampleLine(i) + "\n";
    lines.NoteLine(static_cast<std::int64_t>(i));
  }
  return lines;
}

inline std::shared_ptr<const Batch> SampleBatch(std::size_t first, std::size_t count) {
  return std::make_shared<const Batch>(SampleLines(first, count));
}

inline Verdict Say(Action action, ErrorCode cause = ErrorCode::kUnreachable, std::string reason = "as the test says") {
  Verdict verdict;
  verdict.action = action;
  verdict.cause = cause;
  verdict.reason = std::move(reason);
  return verdict;
}

inline Verdict SayLines(Action action, std::vector<std::size_t> lines) {
  Verdict verdict = Say(action, ErrorCode::kRefusedData);
  verdict.lines = std::move(lines);
  return verdict;
}

// The server refuses something and names no line.
inline Verdict SayRefused() { return Say(Action::kRefuse, ErrorCode::kRefusedData); }

// The server had the lines and failed.
inline Verdict SayCrash() {
  Verdict verdict = Say(Action::kRetry);
  verdict.batch_suspected = true;
  return verdict;
}

// The server had the lines, and nobody answered.
inline Verdict SaySilence() {
  Verdict silence = SayCrash();
  silence.cause = ErrorCode::kTimeout;
  silence.silent = true;
  return silence;
}

}  // namespace vmtelem
