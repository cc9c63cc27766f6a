#pragma once

#include <functional>
#include <limits>
#include <string>

#include "base/clock.h"

namespace vmtelem {

// When work that many do in turn is due: between `earliest` and `latest`, spread by a hash of the name. So hosts that
// were connected together do not ask for their lists together. The same name has the same moment.
inline Nanoseconds SpreadBetween(Nanoseconds earliest, Nanoseconds latest, const std::string& name) {
  constexpr auto kRange = static_cast<double>(std::numeric_limits<std::size_t>::max());
  const double fraction = static_cast<double>(std::hash<std::string>()(name)) / kRange;
  return earliest +
         Nanoseconds(static_cast<Nanoseconds::rep>(static_cast<double>((latest - earliest).count()) * fraction));
}

}  // namespace vmtelem
