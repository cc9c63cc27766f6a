#pragma once

#include <memory>

#include <spdlog/sinks/ringbuffer_sink.h>

#include "base/log.h"
#include "cmd/process.h"
#include "config/config.h"

namespace vmtelem {

// The logger of this process, on stderr.
LoggerPtr MakeProcessLogger(const Process& process, const Config& config, LogLevel default_level);

// The log of a task whose failure is reported anyway, as an error of the command: it would say the same twice. Its
// warnings are kept back until it is known that they say more. With a log level that was asked for nothing is kept
// back.
class HeldLog {
 public:
  HeldLog(const Process& process, const Config& config, LoggerPtr log);

  [[nodiscard]] const LoggerPtr& logger() const { return logger_; }
  void Release() const;

 private:
  static constexpr std::size_t kMaxMessages = 32;
  int fd_;
  std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> held_;
  LoggerPtr logger_;
};

}  // namespace vmtelem
