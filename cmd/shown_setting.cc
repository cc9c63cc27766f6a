#include "cmd/shown_setting.h"

#include "base/url.h"
#include "config/hypervisors.h"
#include "config/settings.h"

namespace vmtelem {

std::optional<std::string> Shown(const EffectiveSetting& row, Urls urls) {
  constexpr std::string_view kMask = "***";
  if (!row.text || row.setting->secrecy == Secrecy::kPlain) return row.text;
  if (row.setting->secrecy == Secrecy::kSecret || urls == Urls::kHidden) return std::string(kMask);
  const bool is_list = row.setting->separator != '\0';
  return is_list ? MaskHypervisors(*row.text) : MaskUrl(*row.text);
}

}  // namespace vmtelem
