#include "cmd/missing_vms.h"

#include <algorithm>

#include "libvirt/named_vms.h"

namespace vmtelem {

void MissingVms::NoteFirstAnswer(const Snapshot& snapshot) {
  const std::vector<std::string> missing = NamesWithoutVm(filter_, NamesOf(snapshot.domains));
  const std::lock_guard guard(mutex_);
  if (!missing_) missing_ = missing;
  std::erase_if(*missing_, [&](const std::string& name) {
    return std::find(missing.begin(), missing.end(), name) == missing.end();
  });
  if (unanswered_ == 0 || --unanswered_ > 0) return;
  for (const std::string& name : *missing_) {
    log_->warn("{} is running; it will be collected when it starts", DescribeMissingVm(filter_, name));
  }
}

}  // namespace vmtelem
