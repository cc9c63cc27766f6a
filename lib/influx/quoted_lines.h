#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "model/batch.h"

namespace vmtelem {

// The lines that v1 and v2 quote in full when they cannot parse them: `unable to parse '<line>': <why>`.
struct QuotedLines {
  std::vector<std::size_t> lines;  // of the batch, sorted and unique
  std::size_t unknown = 0;         // quotations that are no line of the batch
};

QuotedLines FindQuotedLines(std::string_view text, const Batch& batch);

}  // namespace vmtelem
