#pragma once

#include <cstddef>
#include <random>

#include "fakes/sample_lines.h"
#include "model/delivery.h"

namespace vmtelem {

// A database that gives any answer that a Sink may give, at random, and the same ones for a seed. Which lines it calls
// bad is random too.
class MoodyServer {
 public:
  explicit MoodyServer(unsigned seed) : random_(seed) {}

  Verdict operator()(const Batch& batch) {
    switch (Pick(12)) {
      case 0:
        return Say(Action::kRetry);
      case 1:
        return SayCrash();
      case 2:
        return Say(Action::kHold, ErrorCode::kDenied);
      case 3:
        return batch.line_count() > 50 ? Say(Action::kSplit) : Verdict{};
      case 4:
        return Say(Action::kResend);
      case 5:
        return SomeLines(Action::kRefuse, batch);
      case 6:
        return SomeLines(Action::kAckPartly, batch);
      case 7:
        return SayRefused();
      default:
        return {};
    }
  }

 private:
  std::size_t Pick(std::size_t below) { return random_() % below; }

  Verdict SomeLines(Action action, const Batch& batch) {
    Verdict verdict = SayLines(action, {});
    for (std::size_t i = 0; i < batch.line_count(); ++i) {
      if (Pick(20) == 0) verdict.lines.push_back(i);
    }
    if (verdict.lines.size() == batch.line_count()) verdict.action = Action::kRefuse;
    return verdict;
  }

  std::mt19937 random_;
};

}  // namespace vmtelem
