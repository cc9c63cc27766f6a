#include "libvirt/domain_runs.h"

namespace vmtelem {

void DomainRuns::Assign(std::vector<DomainStats>& domains) {
  ++answers_;
  for (DomainStats& domain : domains) {
    Run& run = runs_[domain.uuid];
    const bool is_new = run.incarnation == 0 || run.domain_id != domain.domain_id;
    if (is_new) run = {domain.domain_id, ++last_incarnation_, 0};
    run.answer = answers_;
    domain.incarnation = run.incarnation;
  }
  std::erase_if(runs_, [this](const auto& item) { return item.second.answer != answers_; });
}

}  // namespace vmtelem
