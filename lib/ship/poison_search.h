#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/delivery.h"
#include "ship/batch_pieces.h"
#include "ship/known_poison.h"
#include "ship/poison_evidence.h"

namespace vmtelem {

// Lines that the target does not take, and its words about them.
struct Rejection {
  std::vector<std::string> texts;  // without \n
  std::string reason;
};

// What follows from one answer for the lines of one delivery.
struct Step {
  enum class Delay {
    kNone,
    kBackOff,  // this batch waits, or everything does if the target is not well
    kHold,     // the target refuses whatever is sent
  };
  std::size_t written = 0;
  std::vector<Rejection> rejections{};
  Delay delay = Delay::kNone;
  bool search_began = false;
  bool closer = false;  // the answer helps to find the line at fault
};

// The search for the poison lines of one batch: lines that the target does not take, and for whose sake it takes
// nothing of the request that they are in, or not all. Which lines are left is in BatchPieces, in which order they are
// sent in Bisection, what speaks against those sent last in PoisonEvidence.
//
// A refusal (4xx) and a failure (5xx, a connection that is cut) look the same whether a line is the reason or the
// target: a wrong database, a disk that is full, an outage. The server's words do not decide it, for they are the same
// in both cases, and differ between servers and releases. What the server does with other lines decides it:
//
//  - A request counts against its lines only if the requests just before and just after it were stored. One refusal
//    that counts is enough; of failures, which may come at random, five in a row are needed, and any that does not
//    count starts the count anew. (A server that fails requests at random, of whatever part, does so to a good batch
//    with a chance of at most 0.0005, and once more for each halving.)
//  - A batch is suspected when a request for all of it was refused while the target stored others just before, or
//    stores a probe later, or when such requests failed often enough. It is halved then, and what is not stored of it
//    halved again; a refused part is halved without more ado, since to send a line again is harmless: the database
//    replaces it by the same. A line for whose own requests enough counts, on both sides, is isolated: it is the
//    poison.
//  - To know what the target does with others, the search makes the request just before and just after itself: a probe,
//    which is a line that was stored lately, or where nothing has been, a line of each measurement and of other batches
//    in turn. If all these are refused as well it is the target, and everything waits.
//  - Lines that the server names go alone, behind the others. Those like lines that were isolated before go apart, for
//    the others to be stored meanwhile (KnownPoison). Neither isolates them.
//
// So one refused line among N costs about log2(N) + 5 requests; of many each costs the logarithm of the gap between
// them and 2 to 5 more. One that makes the server fail costs ten times that. There is one search at a time, in one
// slot. What is suspected is forgotten when the process ends.
//
// A batch goes out as a whole, or in parts one after the other, and is done when every line is stored or isolated. Has
// no clock, sink or ledger. Writer's thread.
class PoisonSearch {
 public:
  static constexpr unsigned kMostNamings = 3;  // then the server's names for lines are not worth a try

  // `known` outlives this.
  PoisonSearch(std::shared_ptr<const Batch> batch, KnownPoison& known) : pieces_(std::move(batch)), known_(known) {}

  // Unless a search is under way: sets those lines apart that are like others which were isolated.
  void SplitOffKnown();

  // What to send next, at most `max_bytes` but for a single line.
  std::shared_ptr<const Batch> Next(std::size_t max_bytes);
  // The answer to that. `stored_before`: the request that completed before it was stored.
  Step Answered(const Verdict& verdict, bool stored_before);
  // Another request than that of Next() completed: of another batch, or a probe.
  Step OtherAnswered(bool stored);

  // What to send next is a probe. `stored_before`: the request that completed last was stored.
  [[nodiscard]] bool WantsProbe(bool stored_before) const;
  // A line for a probe, another one each time. Only while lines are left.
  std::shared_ptr<const Batch> Sample() { return pieces_.Sample(); }
  Step ProbeAnswered(const Verdict& verdict);

  [[nodiscard]] bool done() const { return pieces_.empty(); }
  [[nodiscard]] const BatchPieces& pieces() const { return pieces_; }
  // What is sent next may be at fault, so others should not have to wait for it.
  [[nodiscard]] bool suspect() const;
  // The probe of WantsProbe() has to come at once.
  [[nodiscard]] bool awaits_next() const { return evidence_.awaits_next(); }
  [[nodiscard]] const std::string& words() const { return words_; }  // of the last refusal or failure
  // It is more than a failed request that is tried again.
  [[nodiscard]] bool searching() const;

 private:
  Step Stored(const Verdict& verdict);
  Step Refused(const Verdict& verdict, bool stored_before);
  Step TooLarge(const Verdict& verdict, bool stored_before);
  Step Failed(const Verdict& verdict, bool stored_before);
  void NotStored(PoisonEvidence::Kind kind, const Verdict& verdict, bool stored_before);
  Step HalveOrIsolate();
  Step Halve();
  Step Isolate();
  void ForgetSent();
  [[nodiscard]] Bisection::Range RangeToSend() const { return pieces_.front().ranges.Next(); }

  BatchPieces pieces_;
  KnownPoison& known_;
  Bisection::Range sent_{0, 0};  // of the front piece
  PoisonEvidence evidence_;      // against it
  std::string words_;
};

}  // namespace vmtelem
