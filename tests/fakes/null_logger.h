#pragma once

#include <memory>

#include <spdlog/sinks/null_sink.h>

#include "base/log.h"

namespace vmtelem {

// A logger that drops every message.
inline LoggerPtr MakeNullLogger() {
  return std::make_shared<Logger>("null", std::make_shared<spdlog::sinks::null_sink_mt>());
}

}  // namespace vmtelem
