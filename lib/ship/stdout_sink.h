#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/delivery.h"

namespace vmtelem {

// A Sink that writes to a descriptor, which stands for standard output: `run --stdout`. A terminal gets lines that are
// safe for it. A reader that stops reading blocks nobody: bytes are written only as the descriptor is ready for them.
class StdoutSink final : public Sink {
 public:
  // `on_broken` is called once, on the writer's thread, when nothing can be written any more: kClosed or kIo. From then
  // on every batch is held.
  StdoutSink(int fd, std::function<void(const Error&)> on_broken);
  ~StdoutSink() override;
  StdoutSink(const StdoutSink&) = delete;
  StdoutSink& operator=(const StdoutSink&) = delete;

  void Start(TransferId id, std::shared_ptr<const Batch> batch) override;
  std::vector<Completion> Wait(Nanoseconds timeout) override;
  void Wake() noexcept override;
  void Abort() override;

 private:
  struct Transfer {
    TransferId id;
    std::shared_ptr<const Batch> batch;
    std::string visible;  // the lines as a terminal gets them; else empty
    SteadyTime begin;
    std::size_t written = 0;
  };
  enum class Event { kReady, kWoken, kTimeout };
  [[nodiscard]] Event AwaitEvent(SteadyTime deadline) const;
  void WriteSome();
  void Complete(Action action);

  const int fd_;
  const bool is_terminal_;
  const int wake_fd_;
  const std::function<void(const Error&)> on_broken_;
  std::deque<Transfer> transfers_;
  std::vector<Completion> completions_;
  std::optional<Error> broken_;
};

}  // namespace vmtelem
