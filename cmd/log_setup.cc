#include "cmd/log_setup.h"

#include <climits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/sinks/base_sink.h>

#include "base/text.h"
#include "cmd/terminal/output.h"
#include "cmd/terminal/terminal.h"

namespace vmtelem {
namespace {

// One write(2) per line: lines of several processes on one descriptor do not mix, and nothing is left in a buffer when
// the process leaves by _exit(). Never waits for the reader of stderr: collecting, delivering and stopping all log, and
// none of them may hang on a pager or a stopped terminal. What cannot be written is counted, and the number logged when
// it can.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit DescriptorSink(int fd) : fd_(fd) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (lost_ > 0 && Writable()) Write(LostMessage(message));
    if (lost_ == 0 && Writable()) {  // asked again: the line before may have taken the last room
      Write(message);
    } else {
      ++lost_;
    }
  }
  void flush_() override {}

 private:
  [[nodiscard]] bool Writable() const {
    pollfd polled{fd_, POLLOUT, 0};
    return ::poll(&polled, 1, 0) != 0;
  }

  spdlog::details::log_msg LostMessage(const spdlog::details::log_msg& next) {
    lost_text_ = fmt::format("{} before this could not be written", CountOf(std::exchange(lost_, 0), "message"));
    spdlog::details::log_msg lost = next;
    lost.payload = lost_text_;
    return lost;
  }

  // A pipe that is ready takes PIPE_BUF bytes without blocking (pipe(7)).
  void Write(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::string_view text(line.data(), line.size());
    if (text.size() > PIPE_BUF) {
      line[PIPE_BUF - 1] = '\n';
      text = text.substr(0, PIPE_BUF);
    }
    static_cast<void>(WriteOutput(fd_, text));
  }

  int fd_;
  std::uint64_t lost_ = 0;
  std::string lost_text_;
};

LogFormat FormatOf(const Process& process, const Config& config) {
  return config.log_format.value_or(FormatForStream(process.stderr_fd, process.environment));
}

}  // namespace

LoggerPtr MakeProcessLogger(const Process& process, const Config& config, LogLevel default_level) {
  return MakeLogger(std::make_shared<DescriptorSink>(process.stderr_fd), FormatOf(process, config),
                    config.log_level.value_or(default_level));
}

HeldLog::HeldLog(const Process& process, const Config& config, LoggerPtr log)
    : fd_(process.stderr_fd), held_(std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(kMaxMessages)) {
  logger_ = config.log_level ? std::move(log) : MakeLogger(held_, FormatOf(process, config), LogLevel::kWarn);
}

void HeldLog::Release() const {
  for (const std::string& line : held_->last_formatted()) static_cast<void>(WriteOutput(fd_, line));
}

}  // namespace vmtelem
