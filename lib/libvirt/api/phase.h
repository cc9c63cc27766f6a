#pragma once

#include <string>

#include "base/clock.h"
#include "base/text_hash.h"

namespace vmtelem {

// When work that many do in turn is due: between `earliest` and `latest`, spread by a hash of the name. So hosts that
// were connected together do not ask for their lists together. The same name has the same moment.
inline Nanoseconds SpreadBetween(Nanoseconds earliest, Nanoseconds latest, const std::string& name) {
  const double range_ns = static_cast<double>((latest - earliest).count());
  return earliest + Nanoseconds(static_cast<Nanoseconds::rep>(range_ns * PhaseOf(name)));
}

}  // namespace vmtelem
