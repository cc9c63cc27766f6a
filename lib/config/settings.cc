#include "config/settings.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "config/rows_control.h"
#include "config/rows_database.h"
#include "config/rows_delivery.h"
#include "config/rows_hypervisor.h"
#include "config/rows_messages.h"

namespace vmtelem {
namespace {

// Written in parts for the reader; one table for everybody else.
constexpr auto kSettings = [] {
  std::array<Setting, std::size(kHypervisorRows) + std::size(kDatabaseRows) + std::size(kDeliveryRows) +
                          std::size(kControlRows) + std::size(kMessageRows)>
      all{};
  auto* next = all.begin();
  next = std::copy(std::begin(kHypervisorRows), std::end(kHypervisorRows), next);
  next = std::copy(std::begin(kDatabaseRows), std::end(kDatabaseRows), next);
  next = std::copy(std::begin(kDeliveryRows), std::end(kDeliveryRows), next);
  next = std::copy(std::begin(kControlRows), std::end(kControlRows), next);
  std::copy(std::begin(kMessageRows), std::end(kMessageRows), next);
  return all;
}();

}  // namespace

std::span<const Setting> Settings() { return kSettings; }

const Setting* FindSettingByVariable(std::string_view variable) {
  const auto* found =
      std::find_if(kSettings.begin(), kSettings.end(), [&](const Setting& row) { return row.variable == variable; });
  return found == kSettings.end() ? nullptr : found;
}

const Setting* FindSettingByFlag(std::string_view flag) {
  const auto* found = std::find_if(kSettings.begin(), kSettings.end(),
                                   [&](const Setting& row) { return !flag.empty() && row.flag == flag; });
  return found == kSettings.end() ? nullptr : found;
}

}  // namespace vmtelem
