#pragma once

#include <cstddef>

namespace vmtelem {

// How often the program has allocated with operator new. Only for programs that link allocation_counter.cc, which
// replaces the operator.
std::size_t AllocationCount();

}  // namespace vmtelem
