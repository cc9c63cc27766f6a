#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "fakes/fake_clock.h"
#include "fakes/sample_lines.h"
#include "model/delivery.h"

namespace vmtelem {

// A database, and the time around it: Wait() moves the clock to whatever happens next, so a test of hours runs at once
// and always the same way. One thread.
class FakeTarget final : public Sink {
 public:
  using Answer = std::function<Verdict(const Batch&)>;
  struct Request {
    SteadyTime at;
    std::string bytes;
    std::size_t lines;
  };

  explicit FakeTarget(FakeClock& clock) : clock_(clock), start_(clock.SteadyNow()) {}

  Answer answer = [](const Batch&) { return Verdict{}; };
  Nanoseconds latency = std::chrono::milliseconds(10);
  std::function<Nanoseconds(const Batch&)> latency_of;  // if there is one, instead of `latency`
  int status = 204;                                     // of each answer; 0: requests end without one
  bool answers_at_start = false;                        // what becomes of a batch is decided when it comes
  std::function<void()> after_wait = [] {};

  std::vector<Request> requests;
  std::set<std::string> stored;  // to store a line again changes nothing
  std::size_t in_flight = 0, most_in_flight = 0, aborted = 0;

  // Something that happens so long after the start.
  void At(Nanoseconds when, std::function<void()> event) { events_.emplace(start_ + when, std::move(event)); }
  [[nodiscard]] Nanoseconds elapsed() { return clock_.SteadyNow() - start_; }
  [[nodiscard]] std::size_t bytes_in_flight() const {
    std::size_t bytes = 0;
    for (const auto& [until, transfer] : under_way_) bytes += transfer.batch->bytes().size();
    return bytes;
  }
  [[nodiscard]] Nanoseconds RequestAt(std::size_t index) const { return requests.at(index).at - start_; }

  void Start(TransferId id, std::shared_ptr<const Batch> batch) override {
    requests.push_back({clock_.SteadyNow(), batch->bytes(), batch->line_count()});
    const Nanoseconds takes = latency_of ? latency_of(*batch) : latency;
    std::optional<Verdict> decided;
    if (answers_at_start) decided = answer(*batch);
    under_way_.emplace(clock_.SteadyNow() + takes, Transfer{id, std::move(batch), takes, std::move(decided)});
    most_in_flight = std::max(most_in_flight, ++in_flight);
  }

  std::vector<Completion> Wait(Nanoseconds timeout) override {
    if (++waits_ > kMostWaits) throw std::logic_error("the writer spins");
    MoveClock(timeout);
    while (!events_.empty() && events_.begin()->first <= clock_.SteadyNow()) {
      const auto event = events_.extract(events_.begin());
      event.mapped()();
    }
    woken_ = false;
    std::vector<Completion> done;
    while (!under_way_.empty() && under_way_.begin()->first <= clock_.SteadyNow()) {
      done.push_back(Finish(under_way_.extract(under_way_.begin()).mapped()));
    }
    after_wait();
    return done;
  }

  void Wake() noexcept override { woken_ = true; }

  void Abort() override {
    aborted += under_way_.size();
    under_way_.clear();
    in_flight = 0;
  }

 private:
  static constexpr std::size_t kMostWaits = 500'000;
  struct Transfer {
    TransferId id;
    std::shared_ptr<const Batch> batch;
    Nanoseconds takes;
    std::optional<Verdict> decided;
  };

  void MoveClock(Nanoseconds timeout) {
    SteadyTime next = clock_.SteadyNow() + (woken_ ? Nanoseconds::zero() : timeout);
    if (!under_way_.empty()) next = std::min(next, under_way_.begin()->first);
    if (!events_.empty()) next = std::min(next, events_.begin()->first);
    clock_.Advance(std::max(next - clock_.SteadyNow(), Nanoseconds::zero()));
  }

  Completion Finish(const Transfer& transfer) {
    --in_flight;
    Verdict verdict = transfer.decided ? *transfer.decided : answer(*transfer.batch);
    if (verdict.action == Action::kAck || verdict.action == Action::kAckPartly) Store(*transfer.batch, verdict);
    return {transfer.id, std::move(verdict), transfer.takes, status};
  }

  void Store(const Batch& batch, const Verdict& verdict) {
    std::vector<std::size_t> good;
    for (std::size_t i = 0; i < batch.line_count(); ++i) {
      if (!std::binary_search(verdict.lines.begin(), verdict.lines.end(), i)) good.push_back(i);
    }
    for (const std::size_t i : good) stored.emplace(batch.line(i));
  }

  FakeClock& clock_;
  const SteadyTime start_;
  std::multimap<SteadyTime, std::function<void()>> events_;
  std::multimap<SteadyTime, Transfer> under_way_;
  bool woken_ = false;
  std::size_t waits_ = 0;
};

}  // namespace vmtelem
