#pragma once

#include "model/agent_report.h"

namespace vmtelem {

inline bool LedgerAddsUp(const LineCounts& lines) {
  return lines.sampled + lines.recovered == lines.queued + lines.spooled + lines.in_flight + lines.written +
                                                lines.rejected + lines.dropped + lines.handed_over;
}

}  // namespace vmtelem
