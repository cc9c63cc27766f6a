#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "model/delivery.h"

namespace vmtelem {

// What an InstantSink was given; shared with the test, since the sink itself belongs to the agent.
struct Received {
  std::mutex mutex;
  std::condition_variable changed;
  std::string bytes;
  std::size_t lines = 0;
  bool accept = true;  // false: answers every batch with kRetry

  void WaitForLines(std::size_t at_least) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(30), [&] { return lines >= at_least; });
  }
};

// A database that answers at once, in real time.
class InstantSink final : public Sink {
 public:
  explicit InstantSink(std::shared_ptr<Received> received) : received_(std::move(received)) {}

  void Start(TransferId id, std::shared_ptr<const Batch> batch) override {
    const std::lock_guard guard(received_->mutex);
    Verdict verdict;
    if (received_->accept) {
      received_->bytes += batch->bytes();
      received_->lines += batch->line_count();
    } else {
      verdict.action = Action::kRetry;
      verdict.cause = ErrorCode::kUnreachable;
      verdict.reason = "the database is away";
    }
    done_.push_back({id, std::move(verdict), {}, received_->accept ? 204 : 503});
    received_->changed.notify_all();
  }

  std::vector<Completion> Wait(Nanoseconds timeout) override {
    std::unique_lock lock(mutex_);
    if (done_.empty()) woken_.wait_for(lock, timeout, [this] { return wake_; });
    wake_ = false;
    return std::exchange(done_, {});
  }

  void Wake() noexcept override {
    const std::lock_guard guard(mutex_);
    wake_ = true;
    woken_.notify_all();
  }

  void Abort() override { done_.clear(); }

 private:
  std::shared_ptr<Received> received_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool wake_ = false;
  std::vector<Completion> done_;  // the writer's thread only
};

}  // namespace vmtelem
