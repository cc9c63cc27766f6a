#include "libvirt/asking_order.h"

#include <algorithm>

namespace vmtelem {

void AskingOrder::Note(SteadyTime now, const DomainRefs& running) {
  if (noted_ && now - *noted_ < kLately) return;
  std::optional<std::int64_t> newest;
  for (const auto& domain : running) newest = std::max(newest, domain->id);
  settled_id_ = noted_ ? newest_id_ : newest;
  newest_id_ = newest;
  noted_ = now;
}

void AskingOrder::Arrange(DomainRefs& due) {
  const auto is_settled = [&](const auto& domain) { return !settled_id_ || !(domain->id > settled_id_); };
  Rotate(due.begin(), std::stable_partition(due.begin(), due.end(), is_settled));
}

void AskingOrder::Rotate(DomainRefs::iterator begin, DomainRefs::iterator end) {
  if (begin != end) std::rotate(begin, begin + ++turn_ % (end - begin), end);
}

}  // namespace vmtelem
