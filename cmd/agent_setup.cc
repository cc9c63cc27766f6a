#include "cmd/agent_setup.h"

#include <algorithm>
#include <array>
#include <climits>

#include <unistd.h>

namespace vmtelem {
namespace {

std::string LocalHostName() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

// Memory, or a spool, that has no room for another batch is nearly full.
std::uint64_t BatchMaxBytes(const Config& config) {
  const std::uint64_t of_memory = SpoolMemoryBytes(config.queue_max_bytes) / 8;
  return config.spool_max_bytes > 0 ? std::min(of_memory, config.spool_max_bytes / 4) : of_memory;
}

}  // namespace

AgentOptions MakeAgentOptions(const Config& config) {
  AgentOptions options;
  options.name = LocalHostName();
  options.interval = config.interval;
  options.encode.per_vcpu = config.collect.per_vcpu;
  options.writer.batch_max_lines = config.batch_max_lines;
  options.writer.batch_max_age = config.batch_max_age;
  options.writer.writes_in_flight = config.writes_in_flight;
  options.writer.retry_max = config.retry_max;
  options.writer.backlog_rate = config.backlog_rate;
  options.queue_max_bytes = config.queue_max_bytes;
  options.writer.batch_max_bytes = BatchMaxBytes(config);
  options.drain_timeout = config.drain_timeout;
  return options;
}

}  // namespace vmtelem
