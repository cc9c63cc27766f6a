#pragma once

#include "config/settings.h"

namespace vmtelem {

// What is in force if nothing is set: the defaults out of the table of settings.
inline Config DefaultConfig() {
  Config config;
  for (const Setting& setting : Settings()) {
    if (!setting.default_text.empty()) setting.parse(setting, setting.default_text, config);
  }
  return config;
}

inline DeliveryOptions DefaultDelivery() { return DefaultConfig().delivery; }

}  // namespace vmtelem
