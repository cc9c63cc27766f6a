#pragma once

#include <cstdint>
#include <vector>

#include "agent/collectors.h"
#include "http/request.h"
#include "http/response.h"

// Answers about VMs, from the last completed cycles. Keys, words and units are those of the system that vmtelem
// replaces, with ours beside them: id, name, uuid, state as a word, cpu_count, memory_max and memory_used in KiB,
// cputime in ns. What is not known is null there, and absent among ours. Server's thread; never wait.
namespace vmtelem {

// {"count", "vms": [...]}, each with all that is known of it. Sent in parts.
HttpResponse VmsView(const std::vector<HostStatus>& hosts, const HttpRequest& request);
// {"count", "source": "libvirt", "vms": [...]}
HttpResponse LiveVmsView(const std::vector<HostStatus>& hosts, const HttpRequest& request);
// {"count", "timestamp", "vms": [...]}, each with percentages, sums of bytes, and rates per second. `now_ns` is the
// wall clock's.
HttpResponse VmTelemetryView(const std::vector<HostStatus>& hosts, const HttpRequest& request, std::int64_t now_ns);

}  // namespace vmtelem
