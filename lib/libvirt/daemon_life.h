#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/clock.h"

namespace vmtelem {

// Which answers came on which connections, and what follows: whether the daemon answers at all, and whether it is the
// one that answered before. A connection is known by the moment by which it was open. State without calls; one thread
// (the collector's).
class DaemonLife {
 public:
  // An answer of any kind, now, on a connection that was open at `opened`, to a call that was made at `asked`.
  void NoteAnswer(SteadyTime opened, SteadyTime asked, SteadyTime now);

  // Whether a call that was made since `moment`, on a connection that was open then, has been answered. A call that was
  // made before may have overtaken others, and a connection that was made later shows that the daemon lives, but not
  // that older ones still lead to it.
  [[nodiscard]] bool AnsweredSince(SteadyTime moment) const;
  // When the first connection was open that was made after `moment` and has been answered more than the calls of being
  // opened, which the daemon answers on workers of their own. Nothing: there is none.
  [[nodiscard]] std::optional<SteadyTime> FirstOpenedAfter(SteadyTime moment) const;
  // Whether any answer came since `moment`.
  [[nodiscard]] bool HeardSince(SteadyTime moment) const;
  // Whether all answers may be another daemon's from now on.
  [[nodiscard]] bool one_has_ended() const { return ended_.has_value(); }

  // A connection has ended by itself. All of them do when the daemon does.
  void NoteEnded(SteadyTime now) { ended_ = ended_.value_or(now); }

  // At the end of a cycle: nothing, if the daemon that answered is that of the cycles before. When a connection has
  // ended, one that was open before and is still answered shows that. Else the moment after which connections are known
  // to lead to the daemon of now, and ids of VMs may mean other runs.
  std::optional<SteadyTime> AnotherSinceLastCycle();

 private:
  [[nodiscard]] bool WasAsked(SteadyTime opened, SteadyTime asked) const;
  [[nodiscard]] std::optional<SteadyTime> NewestAnswer(SteadyTime moment) const;

  struct Answer {
    SteadyTime asked, answered;  // the latest of each
  };
  std::map<SteadyTime, Answer> answers_;  // by when the connection was open
  std::optional<SteadyTime> proven_;      // the daemon that we know lived then
  std::optional<SteadyTime> ended_;       // when the first connection did since then
};

}  // namespace vmtelem
