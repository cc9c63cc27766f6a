#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/delivery.h"
#include "ship/bisection.h"

namespace vmtelem {

// Lines that the target does not take, for the log.
struct Rejection {
  std::size_t lines = 0;
  std::string example;  // series key of the first of them; empty if the server named none
  std::string reason;
};

// What follows from one outcome.
struct Step {
  enum class Delay { kNone, kBackOff, kHold };
  std::size_t written = 0;
  std::vector<Rejection> rejections{};
  Delay delay = Delay::kNone;
  bool search_began = false;  // for a line that the server refuses without naming it

  [[nodiscard]] std::size_t rejected() const;
};

// How the target fared in this process with requests other than those of lines under suspicion: whether those are
// left out must not depend on their outcome, or they would tell nothing of the target. Counts only ever grow.
struct Trials {
  std::uint64_t accepted = 0;
  std::uint64_t suspected = 0;  // failed in a way that makes their lines suspect
};

// One spooled batch on its way. It goes out as a whole, or, once the server found fault with it, in pieces one after
// the other; it is done when every line is written or rejected. A line is rejected only if the server named it, or
// refused it on its own while the target accepts others: a database that refuses everything is not the lines' fault.
// Only state: no clock, no sink, no ledger. Writer's thread.
class OutgoingBatch {
 public:
  static constexpr unsigned kMaxRemovals = 3;  // rounds of taking out named lines, then the names are not believed
  static constexpr unsigned kFailuresToSuspect = 5;  // in a row, while the server had the lines
  static constexpr unsigned kTellingFailures = 5;    // see LoneFailures; at least so many to reject a line
  static constexpr double kMaxChance = 1e-6;         // that a target which fails at random failed just this line
  static constexpr std::size_t kMaxSetAside = 16;    // lines refused one by one with none accepted: it is not the lines

  explicit OutgoingBatch(SpooledBatch batch);

  // `accepted` counts the requests of which the target stored something, in this process and including this outcome.
  // It only ever grows, so whether anything was accepted since some moment is a comparison.
  std::shared_ptr<const Batch> Next(std::uint64_t accepted, std::size_t max_bytes);
  Step Settle(const Verdict& verdict, std::uint64_t accepted, const Trials& trials = {});

  // What Next() gave last is a line that failed on its own before.
  [[nodiscard]] bool sent_suspect() const { return sent_.size() == 1 && lone_.count > 0 && lone_.line == sent_.begin; }
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] bool done() const { return pieces_.empty(); }
  [[nodiscard]] std::size_t remaining_lines() const { return remaining_; }
  // Lines were refused one by one and nothing was accepted since, so other batches have to tell what is to blame.
  [[nodiscard]] bool needs_evidence(std::uint64_t accepted) const { return doubted_at_ == accepted; }

 private:
  struct Piece {
    std::shared_ptr<const Batch> batch;
    unsigned removals = 0;
    unsigned failures = 0;
    bool resent = false;
    std::optional<Bisection> bisection;
  };
  // Failures of a single line, while the server had it. Those that come after the target accepted something since the
  // one before speak against the line; the others may be an outage. How much they speak
  // against it depends on how often other requests failed meanwhile: a target that flaps fails whatever it is given.
  struct LoneFailures {
    std::size_t line = 0;
    unsigned count = 0;
    unsigned telling = 0;
    std::uint64_t accepted = 0;  // at the last failure
    Trials before{};             // when the count began
  };

  Step Accept(const Verdict& verdict);
  Step RemoveNamed(const Verdict& verdict);
  Step Halve();
  Step Refuse(const Verdict& verdict);
  Step Fail(const Verdict& verdict);
  // Rejects the one line that was sent if `proven`, else sets it aside. False if there is no line left to try.
  bool RefuseLine(Step& step, const Verdict& verdict, bool proven);
  void Reject(Step& step, std::size_t lines, std::string example, const std::string& reason);
  Bisection& Search(Step& step);
  void EndSearch();
  void FailLine(Step& step, const Verdict& verdict);
  [[nodiscard]] bool LineIsToBlame() const;
  [[nodiscard]] bool AcceptedSinceRefusal() const { return accepted_ > refused_at_.value_or(accepted_); }
  [[nodiscard]] std::string Example(std::size_t sent_line) const;

  std::uint64_t id_;
  std::deque<Piece> pieces_;
  Bisection::Range sent_{0, 0};  // lines of the front piece that Next() gave last
  std::size_t remaining_;
  std::uint64_t accepted_ = 0;
  Trials trials_;
  std::optional<std::uint64_t> refused_at_;  // `accepted` when lines of this batch were first refused
  std::optional<std::uint64_t> doubted_at_;  // `accepted` when a line was last set aside
  LoneFailures lone_;
};

}  // namespace vmtelem
