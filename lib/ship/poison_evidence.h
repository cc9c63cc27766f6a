#pragma once

#include <cstddef>
#include <utility>

namespace vmtelem {

// What speaks against the lines that were sent last and not stored: how often in a row, and what became of the requests
// just before and just after each of these. A new one is made for other lines. Has no lines and no clock.
class PoisonEvidence {
 public:
  enum class Kind {
    kNone,
    kAway,  // no answer, or one that asks for a pause: no probes until others were stored meanwhile
    kFailed,
    kRefused,
  };
  static constexpr unsigned kFailuresToSuspect = 5;

  // The lines are sent again. No other request came between, so the last one does not count.
  void SentAgain() {
    if (std::exchange(awaits_next_, false)) counted_ = 0;
  }
  // They were not stored. Whether that counts shows the next request. `stored_before`: the request that completed just
  // before theirs was stored.
  void NotStored(Kind kind, bool stored_before) {
    kind_ = kind;
    if (failures_++ == 0) others_stored_ = false;
    awaits_next_ = stored_before;
    if (!stored_before) counted_ = 0;
    if (is_refusal()) doubts_target_ = !stored_before;
  }
  // They were not stored for a reason that has nothing to do with them.
  void FailedForOtherReasons() { counted_ = 0; }
  // Another request completed. True if the last one of the lines counts now.
  bool OtherAnswered(bool stored) {
    others_stored_ = others_stored_ || stored;
    if (!std::exchange(awaits_next_, false)) return false;
    counted_ = stored ? counted_ + 1 : 0;
    return stored;
  }
  // The answer to a probe. ProbeStored(): true if the target was in doubt until now. ProbeRefused(): how often so far.
  bool ProbeStored() {
    probes_refused_ = 0;
    return std::exchange(doubts_target_, false);
  }
  std::size_t ProbeRefused() { return ++probes_refused_; }

  // As many requests count as are needed.
  [[nodiscard]] bool suffices() const { return counted_ >= (is_refusal() ? 1 : kFailuresToSuspect); }
  [[nodiscard]] bool is_refusal() const { return kind_ == Kind::kRefused; }
  // There is any. That nobody answered says nothing by itself.
  [[nodiscard]] bool exists() const { return kind_ == Kind::kAway ? others_stored_ : kind_ != Kind::kNone; }
  // The next request has to come at once: what was just before was stored.
  [[nodiscard]] bool awaits_next() const { return awaits_next_; }
  // A probe should be sent next. `stored_before`: the request that completed last was stored. `same_lines`: otherwise
  // these lines would be sent.
  [[nodiscard]] bool WantsProbe(bool stored_before, bool same_lines) const {
    if (doubts_target_) return true;
    if (!exists()) return false;
    return awaits_next_ || ((is_refusal() || failures_ > 1) && !stored_before && same_lines);
  }

 private:
  Kind kind_ = Kind::kNone;
  unsigned failures_ = 0;  // in a row. After the first the lines are sent once more before anything else is tried
  unsigned counted_ = 0;   // in a row: not stored, while what was just before and just after was
  bool awaits_next_ = false;
  bool doubts_target_ = false;  // they were refused, and nothing was stored just before
  bool others_stored_ = false;  // since the first failure
  std::size_t probes_refused_ = 0;
};

}  // namespace vmtelem
