#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/clock.h"

namespace vmtelem {

// Records which connections were answered, and infers from that whether the daemon answers at all and whether it is
// still the same daemon. A connection is identified by the moment at which it was open. State without calls; one thread
// (the collector's).
class DaemonLife {
 public:
  // A call that was made at `asked`, on the connection that was open at `opened`, has just been answered in any way.
  void NoteAnswer(SteadyTime opened, SteadyTime asked, SteadyTime now);

  // Whether the daemon has answered a call that was made after `moment` on a connection that was open by then. An
  // earlier call may have overtaken others. A later connection shows that the daemon lives, but not that older
  // connections still lead to it.
  [[nodiscard]] bool AnsweredSince(SteadyTime moment) const;
  // The opening of the first connection that was made after `moment` and on which the daemon answered more than the
  // calls that open it: those are answered on separate workers. Nothing if there is no such connection.
  [[nodiscard]] std::optional<SteadyTime> FirstOpenedAfter(SteadyTime moment) const;
  // Whether any answer came after `moment`.
  [[nodiscard]] bool HeardSince(SteadyTime moment) const;
  // Whether another daemon may give all answers from now on.
  [[nodiscard]] bool one_has_ended() const { return ended_.has_value(); }

  // A connection has ended by itself, as all of them do when the daemon ends.
  void NoteEnded(SteadyTime now) { ended_ = ended_.value_or(now); }

  // Call at the end of a cycle. Returns nothing if the daemon is the one of the earlier cycles; after a connection has
  // ended, an answer on an older connection proves that. Otherwise returns the moment after which connections lead to
  // the new daemon. The ids of VMs may then mean other runs.
  std::optional<SteadyTime> AnotherSinceLastCycle();

 private:
  [[nodiscard]] bool WasAsked(SteadyTime opened, SteadyTime asked) const;
  [[nodiscard]] std::optional<SteadyTime> NewestAnswer(SteadyTime moment) const;

  struct Answer {
    SteadyTime asked, answered;  // the latest of each
  };
  std::map<SteadyTime, Answer> answers_;  // by when the connection was open
  std::optional<SteadyTime> proven_;      // the current daemon is known to have lived at this moment
  std::optional<SteadyTime> ended_;       // when the first connection ended after that
};

}  // namespace vmtelem
