#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace vmtelem {

// The connections of a server, what each is at, and since when: which of them have used up their time, and which gives
// way when all places are taken. A connection is named by its descriptor. Server's thread.
//
// A client that does not do its part is cut off, and until then it holds one of the places. So when they are all taken,
// a newcomer gets that of a client that waits for nothing from us: first the one that has sent nothing for the longest
// time; then one whose request takes longer to come than any sound client needs; then one that takes so long over its
// answer. If there is none, the newcomer is turned away.
class ConnectionTable {
 public:
  // Of a request, from its first byte, or from the start of the connection for the first one.
  static constexpr Nanoseconds kRequestTimeout = std::chrono::seconds(10);
  static constexpr Nanoseconds kAnswerTimeout = std::chrono::seconds(30);
  // Between two requests of a connection: longer than Prometheus' longest usual interval between scrapes, 2 minutes.
  static constexpr Nanoseconds kIdleTimeout = std::chrono::minutes(5);
  // From when on such a connection gives way.
  static constexpr Nanoseconds kSlowRequest = std::chrono::seconds(1);
  static constexpr Nanoseconds kSlowAnswer = std::chrono::seconds(5);

  ConnectionTable(std::size_t most, Clock& clock) : most_(most), clock_(clock) {}

  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  [[nodiscard]] bool is_full() const { return connections_.size() >= most_; }

  void Open(int fd);
  void Close(int fd);
  void NoteReceiving(int fd);  // bytes of a request came
  void NoteAnswering(int fd);  // the request is complete
  void NoteAnswered(int fd);   // the client has the whole answer
  void NoteEnded(int fd);      // the client sends nothing more

  // The connection that is to be cut off for a newcomer; it does not come again here or in TakeOverdue(). Absent: there
  // is none.
  std::optional<int> TakeDispensable();
  // Those whose time is up, each once.
  std::vector<int> TakeOverdue();
  // Those whose clients have ended and wait for no answer, each once: to be asked when all that came is dealt with.
  std::vector<int> TakeEnded();
  // When the next one's time is up; the end of time if nobody's will be.
  [[nodiscard]] SteadyTime NextDeadline() const;

 private:
  enum class Phase { kFresh, kIdle, kReceiving, kAnswering, kCut };
  struct Place {
    Phase phase = Phase::kFresh;
    SteadyTime since{};
    bool has_ended = false;
  };
  static Nanoseconds TimeoutOf(Phase phase);
  void Enter(int fd, Phase phase);
  [[nodiscard]] std::map<int, Place>::iterator LongestIn(std::initializer_list<Phase> phases, Nanoseconds at_least);

  std::size_t most_;
  Clock& clock_;
  std::map<int, Place> connections_;
};

}  // namespace vmtelem
