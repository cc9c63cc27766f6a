#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "poison_answers.h"
#include "ship/poison_search.h"

namespace vmtelem {

// A batch of numbered lines and the server that it is sent to, one request after the other, probes included.
struct Searched {
  explicit Searched(std::size_t lines) : search(SampleBatch(0, lines), known) {}

  // One request; `answer` decides what becomes of it.
  Step Send(const Verdict& answer) {
    const bool before = stored;
    sent = Next();
    stored = answer.action == Action::kAck;
    Step step = is_probe ? search.ProbeAnswered(answer) : search.Answered(answer, before);
    if (stored) stored_line = std::make_shared<const Batch>(sent->Slice(0, 1));
    if (is_probe && !stored) stored_line = nullptr;
    Keep(step);
    if (is_probe) Keep(search.OtherAnswered(stored));
    return step;
  }
  Step SendTo(const FakeTarget::Answer& server) {
    const auto next = Peek();
    return Send(server(*next));
  }
  // A request of somebody else.
  void Other(bool is_stored) {
    stored = is_stored;
    Keep(search.OtherAnswered(stored));
  }
  // As long as something is left, at most `most` requests.
  void Run(const FakeTarget::Answer& server, int most = 10'000) {
    for (int i = 0; i < most && !search.done(); ++i) SendTo(server);
  }

  KnownPoison known;
  PoisonSearch search;
  bool stored = false, is_probe = false;
  std::shared_ptr<const Batch> sent, stored_line;
  std::size_t written = 0, requests = 0;
  std::vector<std::string> rejected;

 private:
  std::shared_ptr<const Batch> Peek() {
    peeked = Next();
    return peeked;
  }
  std::shared_ptr<const Batch> Next() {
    if (peeked) return std::exchange(peeked, nullptr);
    ++requests;
    is_probe = search.WantsProbe(stored);
    if (!is_probe) return search.Next(1U << 22U);
    return stored_line ? stored_line : search.Sample();
  }
  void Keep(const Step& step) {
    written += step.written;
    for (const Rejection& rejection : step.rejections)
      rejected.insert(rejected.end(), rejection.texts.begin(), rejection.texts.end());
  }
  std::shared_ptr<const Batch> peeked;
};

}  // namespace vmtelem
