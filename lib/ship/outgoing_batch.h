#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/delivery.h"
#include "ship/bisection.h"
#include "ship/track_record.h"

namespace vmtelem {

// Lines that the target does not take.
struct Rejection {
  std::size_t lines = 0;
  std::vector<std::string> texts;  // of each of them, without \n; none if the server did not name them
  std::string reason;
};

// What follows from one outcome.
struct Step {
  enum class Delay {
    kNone,
    kAlone,    // this batch waits: the target takes others
    kBackOff,  // everything waits
    kHold,
  };
  std::size_t written = 0;
  std::vector<Rejection> rejections{};
  Delay delay = Delay::kNone;
  bool search_began = false;  // for a line that the server refuses without naming it
  bool closer = false;        // to knowing which line is at fault

  [[nodiscard]] std::size_t rejected() const;
};

// One spooled batch on its way, or several that go as one. It goes out as a whole, or, once the server found fault with
// it, in pieces one after the other; it is done when every line is written or rejected. A line is rejected only if the
// server named it, or refused it on its own while the target accepts others: a database that refuses everything is not
// the lines' fault. Only state: no clock, no sink, no ledger. Writer's thread.
class OutgoingBatch {
 public:
  static constexpr unsigned kMaxRemovals = 3;  // rounds of taking out named lines, then the names are not believed
  static constexpr unsigned kFailuresToSuspect = 5;  // in a row, while the server had the lines
  static constexpr unsigned kTellingToSuspect = 2;   // while the target takes others; more if it fails some of them, so
  static constexpr double kMaxChanceToSuspect = 0.2;  // that chance explains a search in vain at most so often
  static constexpr unsigned kTellingFailures = 5;     // see LoneFailures; at least so many to reject a line
  static constexpr double kMaxChance = 1e-9;          // that a target which fails at random failed just this line
  static constexpr std::size_t kMaxSetAside = 16;  // lines refused one by one with none accepted: it is not the lines

  // All durable, or none; not empty.
  explicit OutgoingBatch(const std::vector<SpooledBatch>& parts);

  // `accepted` counts the requests of which the target stored something, in this process and including this outcome.
  // It only ever grows, so whether anything was accepted since some moment is a comparison.
  std::shared_ptr<const Batch> Next(std::uint64_t accepted, std::size_t max_bytes);
  Step Settle(const Verdict& verdict, std::uint64_t accepted, const Trials& trials = {});

  // What Next() gave last was part of something that failed before.
  [[nodiscard]] bool sent_suspect() const { return sent_suspect_; }
  // Of the batches in the spool, which are to be acknowledged when this one is done.
  [[nodiscard]] const std::vector<std::uint64_t>& ids() const { return ids_; }
  [[nodiscard]] bool durable() const { return durable_; }
  [[nodiscard]] bool done() const { return pieces_.empty(); }
  [[nodiscard]] std::size_t remaining_lines() const { return remaining_; }
  // Those lines as a batch of their own.
  [[nodiscard]] Batch Remaining() const;
  // It may hold a line that the target cannot take, so others should not have to wait for it.
  [[nodiscard]] bool suspect() const;
  // All lines left were singled out already: what is left is to prove them bad.
  [[nodiscard]] bool proving() const { return !pieces_.empty() && pieces_.front().singled_out; }
  // Lines were refused one by one and nothing was accepted since, so other batches have to tell what is to blame.
  [[nodiscard]] bool needs_evidence(std::uint64_t accepted) const { return doubted_at_ == accepted; }

 private:
  struct Piece {
    std::shared_ptr<const Batch> batch;
    unsigned removals = 0;
    unsigned failures = 0, telling = 0;  // in a row, of what was sent of it
    bool resent = false;
    bool singled_out = false;  // its lines failed one by one and are tried a second time
    std::optional<Bisection> bisection{};
  };
  // Failures of a single line, while the server had it. Those that come after the target accepted something since the
  // one before speak against the line; the others may be an outage. How much they speak against it depends on how often
  // other requests failed meanwhile: a target that flaps fails whatever it is given.
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
  void Reject(Step& step, std::vector<std::string> texts, const std::string& reason);
  void RejectUnnamed(Step& step, std::size_t lines, const std::string& reason);
  Bisection& Search(Step& step);
  void EndSearch();
  void ForgetFailures();  // what is sent next has none
  void FailPiece(Step& step);
  [[nodiscard]] bool PieceIsSuspect() const;
  void FailLine(Step& step, const Verdict& verdict);
  [[nodiscard]] bool LineIsToBlame() const;
  [[nodiscard]] bool AcceptedSinceRefusal() const { return accepted_ > refused_at_.value_or(accepted_); }
  // Other lines of the batch can be delivered before this one is proven bad.
  [[nodiscard]] bool LinesBehind() const;
  [[nodiscard]] bool IsTelling() const;
  [[nodiscard]] std::vector<std::string> SentLines(const std::vector<std::size_t>& lines) const;

  std::vector<std::uint64_t> ids_;
  bool durable_;
  std::deque<Piece> pieces_;
  Bisection::Range sent_{0, 0};  // lines of the front piece that Next() gave last
  std::size_t remaining_ = 0;
  std::uint64_t accepted_ = 0;
  bool sent_suspect_ = false;
  std::optional<std::uint64_t> tried_at_;  // `accepted` at the last failure, or when it was sent first
  Trials trials_;
  std::optional<std::uint64_t> refused_at_;  // `accepted` when lines of this batch were first refused
  std::optional<std::uint64_t> doubted_at_;  // `accepted` when a line was last set aside
  LoneFailures lone_;
};

}  // namespace vmtelem
